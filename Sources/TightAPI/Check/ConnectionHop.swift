import RefreshCore

/// One hop on the path from this machine to an answer of the API, and what was found there.
package struct ConnectionHop: Sendable, Equatable {
    package enum Place: String, Sendable {
        case name, address, proxy
        case tls = "TLS"
        case version = "protocol"
        case request
    }

    package enum State: String, Sendable {
        case good
        /// Worth knowing; calls find their way all the same.
        case noted
        /// It may pass, or somebody else must fix it.
        case unavailable
        /// The configuration, or a file that it names, must be fixed.
        case misconfigured
    }

    package let place: Place
    /// What was tested: a host, an address, a URL.
    package let subject: String
    package let state: State
    /// In words, with the remedy where something is wrong.
    package let found: String
}

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
