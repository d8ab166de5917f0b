import RefreshCore

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
