package import RefreshCore

/// The credentials that systemd hands to the service: a snapshot from its start, renewed only by a restart.
///
/// systemd sets their permissions, which differ between versions (0400 of the service, 0440 of root with an access
/// list), so they are not checked. Source: systemd.exec(5), `LoadCredential=`.
package struct CredentialDirectory: Sendable {
    private let path: String?

    package init(environment: (String) -> String? = ProcessEnvironment.value) {
        path = environment("CREDENTIALS_DIRECTORY").flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Reads the whole credential, including a line break at its end.
    package func read(_ name: String) throws(CredentialProblem) -> Secret {
        guard Self.isLegal(name) else { throw .illegalName(name.sanitized(limit: 80)) }
        guard let path else { throw .noDirectory(name: name) }
        do {
            let file = try RegularFile(path: "\(path)/\(name)")
            // As for a secret file; systemd allows 1 MiB.
            return try file.secret(limit: SecretFile.largest)
        } catch {
            switch error {
            case .missing: throw .missing(name: name)
            case .tooLarge: throw .tooLarge(name: name)
            case .notAllowed: throw .unreadable(name: name, detail: "permission denied")
            case .notRegular: throw .unreadable(name: name, detail: "not a regular file")
            case .failed(let code): throw .unreadable(name: name, detail: systemText(code))
            }
        }
    }

    /// Accepts a plain file name that leads nowhere else; a colon would end the name in `LoadCredential=`.
    private static func isLegal(_ name: String) -> Bool {
        (1...255).contains(name.utf8.count) && name != "." && name != ".."
            && name.utf8.allSatisfy {
                (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":")
            }
    }
}

/// Why a credential was not read; says what to do, and reveals none of its content.
package enum CredentialProblem: Error, Equatable, Sendable, CustomStringConvertible {
    /// `$CREDENTIALS_DIRECTORY` is not set, so there are no credentials.
    case noDirectory(name: String)
    case missing(name: String)
    case illegalName(String)
    case tooLarge(name: String)
    case unreadable(name: String, detail: String)

    package var description: String {
        switch self {
        case .noDirectory(let name):
            "credential \(name): none were handed over ($CREDENTIALS_DIRECTORY is not set); start the daemon "
                + "by its unit, with LoadCredential=\(name):PATH in it, or name a file instead: {\"file\": \"PATH\"}"
        case .missing(let name):
            "credential \(name): not handed over; run: systemctl edit bankrefreshd, add LoadCredential=\(name):PATH "
                + "under [Service], and restart"
        case .illegalName(let name):
            "credential \"\(name)\": not a name; up to 255 characters without spaces, slashes and colons"
        case .tooLarge(let name): "credential \(name): larger than 64 KiB; is it the right file?"
        case .unreadable(let name, let detail): "credential \(name): cannot be read: \(detail)"
        }
    }
}
