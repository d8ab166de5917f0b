import HTTPTypes
import HummingbirdCore
package import RefreshCore

/// Refuses requests that the page does not serve.
struct RequestGuard: Sendable {
    /// Whether only this machine can connect; a host name that is not this machine's is then an attack.
    let isLoopback: Bool

    struct Refusal: Equatable {
        let status: HTTPResponse.Status
        let text: String
    }

    func refusal(of request: Request) -> Refusal? {
        guard request.method == .get || request.method == .head else {
            return Refusal(status: .methodNotAllowed, text: "This page is for reading: GET and HEAD only.")
        }
        let length = request.headers[.contentLength]
        guard length == nil || length == "0", request.headers[.transferEncoding] == nil else {
            return Refusal(status: .contentTooLarge, text: "A request to this page has no body.")
        }
        guard let host = request.head.authority, !host.isEmpty else {
            return Refusal(status: .badRequest, text: "The request names no host.")
        }
        guard !isLoopback || Self.isThisMachine(host) else {
            return Refusal(
                status: .misdirectedRequest,
                text: "This page is for this machine alone: ask for it as localhost or 127.0.0.1."
            )
        }
        return nil
    }

    /// Whether a `Host` header names the loopback; a foreign page resolved to it (DNS rebinding) names itself.
    static func isThisMachine(_ authority: String) -> Bool {
        (try? Authority(authority))?.isLoopback ?? false
    }
}

/// Why the page cannot be served at its address.
package enum WebProblem: Error, Equatable, Sendable, CustomStringConvertible {
    case taken(ListenAddress)
    case notAllowed(ListenAddress)
    /// No interface of this machine has the address.
    case notHere(ListenAddress)
    case system(ListenAddress, detail: String)

    package var description: String {
        switch self {
        case .taken(let address): "another program listens on \(address) already"
        case .notAllowed(let address): "this user may not listen on \(address)"
        case .notHere(let address): "this machine has no address \(address.host)"
        case .system(let address, let detail): "cannot listen on \(address): \(detail)"
        }
    }

    /// What the operator can do about it.
    package var remedy: String {
        switch self {
        case .taken(let address):
            "choose another port for web.listen, or find that program: ss -ltnp 'sport = :\(address.port)'"
        case .notAllowed: "choose a port above 1023 for web.listen"
        case .notHere:
            "if the address comes later, as at a boot, wait: the start is tried again; otherwise choose another one "
                + "for web.listen, such as 127.0.0.1:9477"
        case .system: "choose another address for web.listen, such as 127.0.0.1:9477"
        }
    }
}
