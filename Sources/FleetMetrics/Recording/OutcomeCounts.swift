package import RefreshCore

/// Attempts by outcome, in a fixed place each: counting allocates nothing.
package struct OutcomeCounts: Equatable, Sendable {
    private var counts = Array(repeating: 0, count: OutcomeKind.allCases.count)

    package init() {}

    package subscript(kind: OutcomeKind) -> Int {
        get { counts[kind.index] }
        set { counts[kind.index] = newValue }
    }

    package var total: Int { counts.reduce(0, +) }

    package static func + (left: Self, right: Self) -> Self {
        var sum = left
        for index in sum.counts.indices { sum.counts[index] += right.counts[index] }
        return sum
    }
}

extension OutcomeKind {
    /// The place in the list of all.
    fileprivate var index: Int {
        switch self {
        case .refreshed: 0
        case .rejected: 1
        case .unauthorized: 2
        case .forbidden: 3
        case .refused: 4
        case .throttled: 5
        case .unavailable: 6
        case .unknown: 7
        case .malformed: 8
        case .misconfigured: 9
        }
    }
}
