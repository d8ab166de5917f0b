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
        // The daemon that found it out names it.
        case .fleet: .api
        case .failureRate(_, _, let outcome), .probeFailed(let outcome):
            switch outcome {
            case .misconfigured: .configuration
            // A proxy that does not reach the API is there, and works.
            case .unavailable(.proxy(.targetNotReached)): .api
            case .unavailable(.proxy): .proxy
            default: .api
            }
        }
    }
}
