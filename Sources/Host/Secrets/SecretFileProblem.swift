/// Why a secret file was not read; says what to do, and nothing of what is in it.
package enum SecretFileProblem: Error, Equatable, Sendable, CustomStringConvertible {
    case missing(path: String)
    /// The daemon's user may not open it.
    case notAllowed(path: String)
    case notAFile(path: String)
    case tooLarge(path: String)
    case openToOthers(path: String, mode: UInt32)
    case foreignOwner(path: String, owner: UInt32)
    case unreadable(path: String, detail: String)
    case notReplaced(path: String, detail: String)

    init(_ problem: RegularFile.Problem, path: String) {
        switch problem {
        case .missing: self = .missing(path: path)
        case .notAllowed: self = .notAllowed(path: path)
        case .notRegular: self = .notAFile(path: path)
        case .tooLarge: self = .tooLarge(path: path)
        case .failed(let code): self = .unreadable(path: path, detail: systemText(code))
        }
    }

    package var description: String {
        switch self {
        case .missing(let path): "\(path): no such file; create it, or name the right one"
        case .notAllowed(let path):
            "\(path): the daemon may not read it; run: chown bankrefreshd: \(path), or name it in LoadCredential="
        case .notAFile(let path): "\(path): not a regular file; name the file that holds the secret"
        case .tooLarge(let path): "\(path): larger than 64 KiB; is it the right file?"
        case .openToOthers(let path, let mode):
            "\(path): others can read it (mode 0\(String(mode, radix: 8))); run: chmod 600 \(path)"
        case .foreignOwner(let path, let owner):
            "\(path): it belongs to the user with id \(owner), who could change it; run: chown bankrefreshd: \(path)"
        case .unreadable(let path, let detail): "\(path): cannot be read: \(detail)"
        case .notReplaced(let path, let detail): "\(path): cannot be changed, and is as it was: \(detail)"
        }
    }
}
