/// Where the fields of a row lie among its bytes; nil where the row has none.
///
/// Bounded, so that a row costs no heap.
struct FieldRanges {
    private var ranges: InlineArray<28, Range<Int>?> = .init(repeating: nil)

    subscript(column: Column) -> Range<Int>? {
        get { ranges[Self.index(of: column)] }
        set { ranges[Self.index(of: column)] = newValue }
    }

    private static func index(of column: Column) -> Int {
        switch column {
        case .userID: 0
        case .accessToken: 1
        case .refreshToken: 2
        case .expiresAt: 3
        case .group: 4
        case .issuedAt: 5
        case .place: 6
        case .state: 7
        case .parkReason: 8
        case .parkedSince: 9
        case .pausedUntil: 10
        case .nextDue: 11
        case .slot: 12
        case .reachedAt: 13
        case .day: 14
        case .attemptsToday: 15
        case .lastSuccess: 16
        case .failures: 17
        case .failingSince: 18
        case .outageTries: 19
        case .outageWaits: 20
        case .refusedStatus: 21
        case .refusedTurns: 22
        case .refusedUntil: 23
        case .lastAttemptAt: 24
        case .lastOutcome: 25
        case .lastHTTPStatus: 26
        case .lastReason: 27
        }
    }
}
