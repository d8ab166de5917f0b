import RefreshCore

/// What a file can say about a user: the name of a JSON key, and for those in `ofLists` of a CSV column.
package enum Column: String, CaseIterable, Sendable {
    case userID = "user_id"
    case accessToken = "access_token"
    case refreshToken = "refresh_token"
    case expiresAt = "expires_at"
    case group = "group"

    // The user's state in another store.
    case issuedAt = "issued_at"
    case place = "place"
    case state = "state"
    case parkReason = "park_reason"
    case parkedSince = "parked_since"
    case pausedUntil = "paused_until"
    case nextDue = "next_due"
    case slot = "slot"
    case reachedAt = "reached_at"
    case day = "day"
    case attemptsToday = "attempts_today"
    case lastSuccess = "last_success"
    case failures = "failures"
    case failingSince = "failing_since"
    case outageTries = "outage_tries"
    case outageWaits = "outage_waits"
    case refusedStatus = "refused_status"
    case refusedTurns = "refused_turns"
    case refusedUntil = "refused_until"
    case lastAttemptAt = "last_attempt_at"
    case lastOutcome = "last_outcome"
    case lastHTTPStatus = "last_http_status"
    case lastReason = "last_reason"

    enum Kind { case text, moment, number }

    static let required: [Column] = [.userID, .accessToken]
    /// The columns that people write; only an export has the others.
    static let ofLists: [Column] = [.userID, .accessToken, .refreshToken, .expiresAt, .group]
    static let ofStandings = allCases.filter { !ofLists.contains($0) }

    static var names: String { ofLists.map(\.rawValue).joined(separator: ", ") }

    /// All columns by the length of their names; few share a length.
    private static let byLength: [[Column]] = (0...24).map { length in
        allCases.filter { $0.rawValue.utf8.count == length }
    }

    init?(_ name: Span<UInt8>) {
        guard Self.byLength.indices.contains(name.count) else { return nil }
        let found = Self.byLength[name.count].first { column in
            zip(name.indices, column.rawValue.utf8).allSatisfy { name[$0] == $1 }
        }
        guard let found else { return nil }
        self = found
    }

    var kind: Kind {
        switch self {
        case .userID, .accessToken, .refreshToken, .group, .state, .parkReason, .day, .lastOutcome, .lastReason: .text
        case .expiresAt, .issuedAt, .parkedSince, .pausedUntil, .nextDue, .slot, .reachedAt, .lastSuccess,
            .failingSince, .refusedUntil, .lastAttemptAt:
            .moment
        case .place, .attemptsToday, .failures, .outageTries, .outageWaits, .refusedStatus, .refusedTurns,
            .lastHTTPStatus:
            .number
        }
    }

    /// Whether its JSON value may be a number.
    var takesNumber: Bool { self == .userID || kind != .text }
}

/// An unknown column or key.
///
/// Its text is kept only if it cannot be a token: short, only letters, `_`, `-` and spaces, and beside a known name.
package struct UnknownName: Equatable, Sendable, CustomStringConvertible {
    /// Counted from 1.
    package let position: Int
    package let text: String?
    package let nearest: Column?

    init(_ name: Span<UInt8>, position: Int, besideKnown: Bool) {
        let letters = name.indices.prefix(25).map { name[$0] }
        self.position = position
        text =
            besideKnown && letters.count <= 24 && letters.allSatisfy(Self.isNamelike)
            ? String(decoding: letters, as: UTF8.self) : nil
        nearest = letters.count <= 24 ? Self.nearest(to: letters) : nil
    }

    package var description: String {
        let hint = nearest.map { "did you mean \"\($0.rawValue)\"?" } ?? "known are \(Column.names)"
        return (text.map { "\"\($0)\"" } ?? "number \(position)") + " is not known; " + hint
    }

    private static func isNamelike(_ byte: UInt8) -> Bool {
        switch byte | 0x20 {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): true
        default: byte == UInt8(ascii: "_") || byte == UInt8(ascii: " ") || byte == UInt8(ascii: "-")
        }
    }

    /// The known name that differs in at most three letters, or that contains the name or is contained in it.
    private static func nearest(to name: [UInt8]) -> Column? {
        let plain = String(decoding: name, as: UTF8.self).lowercased()
        let letters = Array(plain)
        let close = Column.ofLists.map { (column: $0, distance: editDistance(letters, Array($0.rawValue))) }
            .min { $0.distance < $1.distance }
        if let close, close.distance <= 3 { return close.column }
        return plain.utf8.count < 4
            ? nil : Column.ofLists.first { $0.rawValue.contains(plain) || plain.contains($0.rawValue) }
    }
}
