import RefreshCore

/// One hop on the path from this machine to the API, and what was found there.
package struct ConnectionHop: Sendable, Equatable {
    package enum Place: String, Sendable {
        case name, address, proxy
        case tls = "TLS"
        case version = "protocol"
        case request
    }

    package enum State: String, Sendable {
        case good
        /// Worth knowing; calls work nevertheless.
        case noted
        /// It may pass by itself, or another party must fix it.
        case unavailable
        /// The configuration, or a file that it names, must be fixed.
        case misconfigured
    }

    package let place: Place
    /// What was tested: a host, an address, a URL.
    package let subject: String
    package let state: State
    /// The finding in words, with the remedy if something is wrong.
    package let found: String
}

extension ConnectionHop {
    /// A hop that failed.
    init(_ place: Place, _ subject: String, failed cause: TransportFailure.Cause) {
        self.init(place, subject, OutcomeMapping.outcome(of: TransportFailure(cause: cause, evidence: .neverWritten)))
    }

    /// The same, with the system's error.
    func because(_ reason: String) -> ConnectionHop {
        ConnectionHop(place: place, subject: subject, state: state, found: "\(found) (\(reason))")
    }

    /// A hop that led to anything but an answer.
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
