extension Breaker.Cause {
    /// Who must fix the cause that opened the breaker.
    package enum Blame: Equatable, Sendable {
        /// Tight, or the network on the way there.
        case api
        /// The author of the configuration, or the operator of what it names.
        case configuration
        /// The operator of the proxy.
        case proxy
    }

    package var blame: Blame {
        switch self {
        case .misconfigured: .configuration
        // The daemon that opened the breaker reports the cause.
        case .fleet: .api
        case .failureRate(_, _, let outcome), .probeFailed(let outcome):
            switch outcome {
            case .misconfigured: .configuration
            // The proxy itself works, but cannot reach the API.
            case .unavailable(.proxy(.targetNotReached)): .api
            case .unavailable(.proxy): .proxy
            default: .api
            }
        }
    }
}

extension Breaker.Cause {
    /// Whether another daemon of the fleet opened the breaker.
    package var isOfFleet: Bool {
        if case .fleet = self { true } else { false }
    }

    /// Whether the cause may lie in this machine alone: nothing was heard from the API, or a key is missing here.
    ///
    /// If packets are lost, calls on open connections time out.
    package var isOfSilence: Bool {
        switch self {
        case .failureRate(_, _, .unknown(let why)), .probeFailed(.unknown(let why)):
            why == .timeout || why == .connectionLost
        case .failureRate(_, _, .unavailable(let why)), .probeFailed(.unavailable(let why)):
            if case .status = why { false } else { true }
        case .misconfigured(.certificate), .misconfigured(.handshake), .misconfigured(.proxy),
            .misconfigured(.clientCertificateRequired), .misconfigured(.keyMissing),
            .failureRate(_, _, .misconfigured(.keyMissing)), .probeFailed(.misconfigured(.keyMissing)),
            .probeFailed(.misconfigured(.certificate)), .probeFailed(.misconfigured(.handshake)),
            .probeFailed(.misconfigured(.proxy)), .probeFailed(.misconfigured(.clientCertificateRequired)):
            true
        case .failureRate, .misconfigured, .probeFailed, .fleet: false
        }
    }
}
