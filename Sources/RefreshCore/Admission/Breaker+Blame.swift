extension Breaker.Cause {
    /// Who has to mend what opened the breaker.
    package enum Blame: Equatable, Sendable {
        /// Tight, or the network on the way there.
        case api
        /// Whoever wrote the configuration, or runs what it names.
        case configuration
        /// Whoever runs the proxy.
        case proxy
    }

    package var blame: Blame {
        switch self {
        case .misconfigured: .configuration
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
