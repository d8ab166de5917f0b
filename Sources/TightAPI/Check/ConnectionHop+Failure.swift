import RefreshCore

extension ConnectionHop {
    /// A hop that cannot be made.
    init(_ place: Place, _ subject: String, failed cause: TransportFailure.Cause) {
        self.init(place, subject, OutcomeMapping.outcome(of: TransportFailure(cause: cause, evidence: .neverWritten)))
    }

    /// The same, with the system's error.
    func because(_ reason: String) -> ConnectionHop {
        ConnectionHop(place: place, subject: subject, state: state, found: "\(found) (\(reason))")
    }

    /// A hop that led to something else than an answer.
    init(_ place: Place, _ subject: String, _ outcome: Outcome) {
        let isOurs = if case .misconfigured = outcome { true } else { false }
        self.init(
            place: place,
            subject: subject,
            state: isOurs ? .misconfigured : .unavailable,
            found: outcome.reason ?? outcome.kind.rawValue
        )
    }
}
