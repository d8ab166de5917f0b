/// What a file can say of a user: the name of a JSON key, and of a CSV column for those of a list.
package enum Column: String, CaseIterable, Sendable {
    case userID = "user_id"
    case accessToken = "access_token"
    case refreshToken = "refresh_token"
    case expiresAt = "expires_at"
    case group = "group"

    // How the user stood in another store.
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
    /// Those that people write; the others are an export's.
    static let ofLists: [Column] = [.userID, .accessToken, .refreshToken, .expiresAt, .group]
    static let ofStandings = allCases.filter { !ofLists.contains($0) }

    static var names: String { ofLists.map(\.rawValue).joined(separator: ", ") }

    /// All, by the length of their names: few share one.
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

    /// Whether JSON may have a number for it.
    var takesNumber: Bool { self == .userID || kind != .text }
}
