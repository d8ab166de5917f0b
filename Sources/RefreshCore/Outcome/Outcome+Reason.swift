extension Outcome {
    /// Details beyond the outcome's name; nil if the name says it all.
    package var reason: String? {
        switch self {
        case .refreshed: nil
        case .rejected(let messages): messages.isEmpty ? nil : messages.joined(separator: "; ")
        case .unauthorized: "the token is invalid or has expired"
        case .forbidden: "the token lacks permission"
        case .refused(let status): "HTTP status \(status)"
        case .throttled(let wait): wait.map { "Tight asks to wait \($0.roundedText)" }
        case .unavailable(let why): why.text
        case .unknown(let why): why.text
        case .malformed(let what): what.text
        case .misconfigured(let what): what.text
        }
    }

    /// Like `reason`, but without what it means for the refresh; for renewals and for summaries of many calls.
    package var briefReason: String? {
        switch self {
        case .unavailable(.status(let code, _)): "HTTP status \(code)"
        case .unknown(.timeout): "no answer in time"
        case .unknown(.gatewayTimeout): "HTTP status 504"
        case .unknown(.requestTimeout): "HTTP status 408"
        default: reason
        }
    }
}

extension Unavailability {
    package var text: String {
        switch self {
        case .nameNotResolved: "the host name could not be resolved"
        case .notConnected: "no connection could be made"
        case .handshakeFailed: "the TLS handshake failed"
        case .proxy(let trouble): trouble.text
        case .tokenNotRenewed(let reason): "the token could not be renewed: \(reason)"
        case .status(let code, let wait):
            "HTTP status \(code); the refresh may have begun\(wait.map { "; Tight asks to wait \($0.roundedText)" } ?? "")"
        }
    }
}

extension Uncertainty {
    package var text: String {
        switch self {
        case .timeout: "no answer in time; the refresh may be running"
        case .connectionLost: "the connection was lost after the request was sent"
        case .gatewayTimeout: "HTTP status 504; the refresh may be running"
        case .requestTimeout: "HTTP status 408 to a request that was sent; the refresh may be running"
        case .crash: "the daemon ended while the call was in flight"
        case .failover: "another server took over the store, and may lack a call that was made"
        case .givenUp: "the daemon was stopped before the answer came"
        }
    }
}

extension Malformation {
    package var text: String {
        reason == .notHTTP
            ? "the answer is not HTTP"
            : "the answer is not understood: \(reason.rawValue), \(bytes) bytes of \(contentType ?? "no content type")"
    }
}

extension Misconfiguration {
    package var text: String {
        switch self {
        case .status(let code): "HTTP status \(code): is api.baseURL right?"
        case .certificate(let problem): problem.text
        case .clientCertificateRequired:
            "the server asks for a client certificate, and there is none to send: check api.baseURL, or go through a"
                + " gateway that has one"
        case .handshake(let problem): problem.text
        case .proxy(let refusal): refusal.text
        case .keyMissing: "the stored token is sealed with a key that is not at hand: check store.key"
        case .tokenDamaged: "the stored token is damaged: add it again"
        case .renewalRefused(let status):
            "Tight answered the renewal of the token with HTTP status \(status): check api.clientID and api.clientSecret"
        }
    }
}
