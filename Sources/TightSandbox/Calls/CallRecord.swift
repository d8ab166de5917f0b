import Glibc
import RefreshCore

/// One call as the sandbox saw it; never holds a token.
package struct CallRecord: Codable, Equatable, Sendable {
    /// How the call ended.
    package enum Ending: String, Codable, Sendable {
        case inFlight
        /// The whole answer was passed to the network.
        case answered
        /// The sandbox broke the connection, as its behaviour demanded.
        case cutOff
        /// The caller closed the connection or stream before the answer.
        case givenUp
    }

    /// 1 for the user's first call.
    package let number: Int
    /// Microseconds since 1970, when the head of the request arrived.
    package let started: Int64
    /// Microseconds since 1970, just before the last part of the answer was sent; nil while in flight.
    package internal(set) var ended: Int64?
    /// `1.1` or `2`.
    package let httpVersion: String
    /// The name of the behaviour; `outage` during one.
    package let behaviour: String
    /// Nil if no answer was sent.
    package internal(set) var status: Int?
    package internal(set) var ending = Ending.inFlight
    /// What the caller sent although the operation accepts neither a body nor parameters.
    package internal(set) var bodyBytes = 0
    package let queryBytes: Int
}

/// What the sandbox has seen so far; never holds a token.
package struct CallLog: Codable, Equatable, Sendable {
    /// Calls with a known token, including those in flight.
    package var total = 0
    package var inFlight = 0
    package var maxConcurrent = 0
    /// Calls without a token, or with one that does not belong to a user or has been revoked.
    package var unknownTokens = 0
    /// Calls with an expired token.
    package var expiredTokens = 0
    package var wrongPaths = 0
    package var wrongMethods = 0
    /// Calls with a known token, by the name of their behaviour.
    package var behaviours: [String: Int] = [:]
    /// The users who called, by id.
    package var users: [String: UserCalls] = [:]

    package init() {}
}

/// An event in the course of a call, reported as it happens; never contains a token.
package struct CallEvent: Codable, Equatable, Sendable {
    package enum Kind: String, Codable, Sendable {
        /// The whole request has arrived.
        case read
        /// The last part of the answer is about to be sent.
        case answered
        /// The sandbox breaks the connection, as its behaviour demands.
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
    /// Nil if no answer was sent.
    package let status: Int?
    /// The process of the sandbox, as the numbers of calls begin again with each one.
    package let process: Int32

    init(_ event: Kind, user: UserID, call: Int, status: Int? = nil) {
        at = Timestamp.atPresent.microsecondsSinceEpoch
        self.event = event
        self.user = user.rawValue
        self.call = call
        self.status = status
        process = getpid()
    }
}

extension CallEvent.Kind {
    /// Nil while the call is in flight.
    init?(_ ending: CallRecord.Ending) {
        switch ending {
        case .inFlight: return nil
        case .answered: self = .answered
        case .cutOff: self = .cutOff
        case .givenUp: self = .givenUp
        }
    }
}
