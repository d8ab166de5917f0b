/// How much of each user's history is kept.
package struct HistoryBounds: Equatable, Sendable {
    /// Attempts of one user, the newest; 0 keeps no history at all.
    package var keep: Int
    /// How old an attempt may grow; a day more at most, for they go by whole UTC days.
    package var maximumAge: Duration

    package init(keep: Int = 100, maximumAge: Duration = .days(90)) {
        self.keep = keep
        self.maximumAge = maximumAge
    }

    package var isOff: Bool { keep == 0 }

    /// The first UTC day whose attempts stay.
    package func firstDay(now: Timestamp) -> Int64 {
        isOff ? .max : now.advanced(by: .zero - maximumAge).day
    }
}

/// The result of one pruning step, and where the next one starts.
package struct PruningStep: Equatable, Sendable {
    package let removed: Int
    package let next: Next

    package enum Next: Equatable, Sendable {
        /// From the place that the step was given.
        case again
        case after(Place)
        /// The pass is through.
        case done
    }

    package init(removed: Int, next: Next) {
        self.removed = removed
        self.next = next
    }
}
