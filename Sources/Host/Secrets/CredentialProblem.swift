/// Why a credential was not read; says what to do, and nothing of what is in it.
package enum CredentialProblem: Error, Equatable, Sendable, CustomStringConvertible {
    /// `$CREDENTIALS_DIRECTORY` is not set: nobody hands out credentials.
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
