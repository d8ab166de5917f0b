/// Why an exchange with the server failed.
///
/// Never holds the server's DETAIL, which may quote a row.
package enum PostgreSQLError: Error, Equatable, Sendable {
    /// No answer in time. The server may have executed what was sent; the connection is closed.
    case deadlinePassed
    /// The connection broke. The server may have executed what was sent.
    case lost(detail: String)
    /// No connection: what was wrong with each host, in their order.
    case unreachable(detail: String)
    /// The server refused a statement, or the connection; nothing was executed.
    case refused(SQLState, message: String)
    /// The server cancelled the wait for its standby: what was committed may be lost with the server.
    case notReplicated

    /// The server's reason; nil if it did not refuse.
    var state: SQLState? {
        guard case .refused(let state, _) = self else { return nil }
        return state
    }

    /// Whether the same transaction may succeed if retried.
    var isTransient: Bool {
        [.serializationFailure, .deadlock, .uniqueViolation, .duplicateTable].contains(state)
    }

    /// Whether the time ran out.
    var isOfTime: Bool { self == .deadlinePassed || state == .queryCanceled || state == .lockNotAvailable }
}

/// The server's five-character code for an error.
///
/// Source: PostgreSQL documentation, appendix A.
package struct SQLState: Hashable, Sendable, CustomStringConvertible {
    package let code: String

    init(_ code: String) {
        self.code = code
    }

    /// Whether such a code may contain this character.
    static func isPart(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }

    var errorClass: Substring { code.prefix(2) }

    package var description: String { code }

    static let readOnly = SQLState("25006")
    static let notSupported = SQLState("0A000")
    /// A row violates a check of its table, or fits no partition.
    static let checkViolation = SQLState("23514")
    static let invalidPassword = SQLState("28P01")
    static let noDatabase = SQLState("3D000")
    /// The row exists already.
    static let uniqueViolation = SQLState("23505")
    static let serializationFailure = SQLState("40001")
    static let deadlock = SQLState("40P01")
    static let noRights = SQLState("42501")
    static let noTable = SQLState("42P01")
    static let noSchema = SQLState("3F000")
    static let noFunction = SQLState("42883")
    static let duplicateTable = SQLState("42P07")
    static let diskFull = SQLState("53100")
    static let lockNotAvailable = SQLState("55P03")
    /// The server gave up a statement, usually since it took too long.
    static let queryCanceled = SQLState("57014")
    static let tooManyConnections = SQLState("53300")
}

extension Error {
    /// Whether the server accepts no writes, because another one does.
    ///
    /// A pooler may lead to a standby, which supports no writing transaction.
    var isOfStandby: Bool {
        let state = (self as? PostgreSQLError)?.state
        return state == .readOnly || state == .notSupported
    }
}
