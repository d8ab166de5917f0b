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
        switch outcome {
        case .misconfigured: .configuration
        // The proxy itself works, but cannot reach the API.
        case .unavailable(.proxy(.targetNotReached)): .api
        case .unavailable(.proxy): .proxy
        // If another daemon opened the breaker, it reports the cause.
        default: .api
        }
    }

    /// The outcome that opened the breaker; nil if another daemon of the fleet did.
    var outcome: Outcome? {
        switch self {
        case .failureRate(_, _, let outcome), .probeFailed(let outcome): outcome
        case .misconfigured(let what): .misconfigured(what)
        case .fleet: nil
        }
    }

    /// Whether another daemon of the fleet opened the breaker.
    package var isOfFleet: Bool {
        if case .fleet = self { true } else { false }
    }

    /// Whether the cause may lie in this machine alone: nothing was heard from the API, or a key is missing here.
    ///
    /// If packets are lost, calls on open connections time out.
    package var isOfSilence: Bool {
        switch outcome {
        case .unknown(let why): why == .timeout || why == .connectionLost
        case .unavailable(.status): false
        case .unavailable: true
        case .misconfigured(.certificate), .misconfigured(.handshake), .misconfigured(.proxy),
            .misconfigured(.clientCertificateRequired), .misconfigured(.keyMissing):
            true
        default: false
        }
    }
}
