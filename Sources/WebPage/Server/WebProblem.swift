/// Why the page cannot be served at its address.
package enum WebProblem: Error, Equatable, Sendable, CustomStringConvertible {
    case taken(WebAddress)
    case notAllowed(WebAddress)
    /// No interface of this machine has the address.
    case notHere(WebAddress)
    case system(WebAddress, detail: String)

    package var description: String {
        switch self {
        case .taken(let address): "another program listens on \(address) already"
        case .notAllowed(let address): "this user may not listen on \(address)"
        case .notHere(let address): "this machine has no address \(address.host)"
        case .system(let address, let detail): "cannot listen on \(address): \(detail)"
        }
    }

    /// What to do about it.
    package var remedy: String {
        switch self {
        case .taken(let address):
            "choose another port for web.listen, or find that program: ss -ltnp 'sport = :\(address.port)'"
        case .notAllowed: "choose a port above 1023 for web.listen"
        case .notHere, .system: "choose another address for web.listen, such as 127.0.0.1:9477"
        }
    }
}
