import RefreshCore

extension TextStyle {
    /// The style of a state's name; nil for the usual.
    init?(_ state: UserState.Kind) {
        switch state {
        case .scheduled: return nil
        case .backingOff: self = .warning
        case .parked: self = .bad
        case .paused: self = .dim
        }
    }

    /// The style of what is said of how all is.
    init(_ level: Health.Severity) {
        switch level {
        case .well: self = .good
        case .note, .starting, .stopping, .attention: self = .warning
        case .trouble: self = .bad
        }
    }

    /// The style of an outcome's name.
    init(_ outcome: OutcomeKind) {
        switch outcome {
        case .refreshed: self = .good
        case .rejected, .throttled, .unavailable, .unknown: self = .warning
        case .unauthorized, .forbidden, .refused, .malformed, .misconfigured: self = .bad
        }
    }
}
