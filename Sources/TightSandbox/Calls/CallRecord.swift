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
