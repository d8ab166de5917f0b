import RefreshCore

/// One call as the sandbox saw it; never holds a token.
package struct CallRecord: Codable, Equatable, Sendable {
    /// How the call came to its end.
    package enum Ending: String, Codable, Sendable {
        case inFlight
        /// The whole answer was handed to the network.
        case answered
        /// The sandbox broke the connection, as it was told.
        case cutOff
        /// The caller closed the connection or stream before the answer.
        case givenUp
    }

    /// 1 for the user's first call.
    package let number: Int
    /// Microseconds since 1970, when the head of the request had come.
    package let started: Int64
    /// Microseconds since 1970, just before the last of the answer went out; nil while in flight.
    package internal(set) var ended: Int64?
    /// `1.1` or `2`.
    package let httpVersion: String
    /// The name of the behaviour; `outage` while there is one.
    package let behaviour: String
    /// Nil when no answer was sent.
    package internal(set) var status: Int?
    package internal(set) var ending: Ending
    /// What the caller sent although the operation takes neither a body nor parameters.
    package internal(set) var bodyBytes: Int
    package let queryBytes: Int
}

/// What the sandbox has seen so far; never holds a token.
package struct CallLog: Codable, Equatable, Sendable {
    /// Calls with a known token, those in flight included.
    package var total = 0
    package var inFlight = 0
    package var maxConcurrent = 0
    /// Calls without a token or with one that nobody has, or has any more.
    package var unknownTokens = 0
    /// Calls with a token whose time was over.
    package var expiredTokens = 0
    package var wrongPaths = 0
    package var wrongMethods = 0
    /// Calls with a known token, by the name of the behaviour they met.
    package var behaviours: [String: Int] = [:]
    /// Those who called, by user id.
    package var users: [String: UserCalls] = [:]

    package init() {}
}

/// What was decided about one call when it came in.
struct CallOrder: Sendable {
    let user: Int
    let number: Int
    let behaviour: Behaviour
    /// On top of what the behaviour itself takes.
    let latency: Duration
    /// Tells a call from before a reset from those after it.
    let generation: Int
}

/// A moment in a call's life, told while it happens; never holds a token.
package struct CallEvent: Codable, Equatable, Sendable {
    package enum Kind: String, Codable, Sendable {
        /// The whole request had come.
        case read
        /// The last of the answer is about to go out.
        case answered
        /// The sandbox breaks the connection, as it was told.
        case cutOff = "cut off"
        /// The caller closed the connection or stream before the answer.
        case givenUp = "given up"
    }

    /// Microseconds since 1970.
    package let at: Int64
    package let event: Kind
    package let user: String
    /// 1 for the user's first call since the start or the last reset.
    package let call: Int
    /// Nil when no answer was sent.
    package let status: Int?

    init(_ event: Kind, user: UserID, call: Int, status: Int? = nil) {
        at = Timestamp.atPresent.microsecondsSinceEpoch
        self.event = event
        self.user = user.rawValue
        self.call = call
        self.status = status
    }
}

extension CallEvent.Kind {
    /// Nil while the call has not ended.
    init?(_ ending: CallRecord.Ending) {
        switch ending {
        case .inFlight: return nil
        case .answered: self = .answered
        case .cutOff: self = .cutOff
        case .givenUp: self = .givenUp
        }
    }
}
