/// How often users are called.
///
/// There is one slot in every interval of `every`, pinned to absolute time; with a window, one slot in the window of
/// every n-th local day, pinned to the calendar.
package struct Cadence: Equatable, Sendable {
    /// The interval of the schedule; at least a second.
    ///
    /// With a window, it counts in whole days, rounded up.
    package let every: Duration
    package let window: DailyWindow?

    package init(every: Duration, window: DailyWindow? = nil) {
        self.every = max(every, .seconds(1))
        self.window = window
    }

    /// The same hours, at least once a day.
    var daily: Cadence {
        Cadence(every: min(every, .days(1)), window: window)
    }

    /// Whether scheduled calls are allowed at a time.
    package func isOpen(at moment: Timestamp) -> Bool {
        window.map { $0.opening(at: moment) != nil } ?? true
    }

    /// The first slot of a place at or after a time.
    package func slot(of place: Place, notBefore moment: Timestamp) -> Timestamp {
        if let window { return slot(of: place, in: window, notBefore: moment) }
        let turn = every.wholeMicroseconds
        let offset = place.offset(in: every).wholeMicroseconds
        let elapsed = moment.microsecondsSinceEpoch.saturatingAdding(-offset)
        let turns = elapsed.floorDivided(by: turn)
        let candidate = turns.saturatingMultiplied(by: turn).saturatingAdding(offset)
        return Timestamp(
            microsecondsSinceEpoch: candidate >= moment.microsecondsSinceEpoch
                ? candidate : candidate.saturatingAdding(turn)
        )
    }

    /// The first slot of a place after a time.
    package func slot(of place: Place, after moment: Timestamp) -> Timestamp {
        slot(of: place, notBefore: moment.advanced(by: .microseconds(1)))
    }

    /// The first slot of a place in a window, at or after a time.
    ///
    /// The windows of `every` form one circle: the place determines the day, counted since 1970-01-01, and the time in
    /// it.
    private func slot(of place: Place, in window: DailyWindow, notBefore moment: Timestamp) -> Timestamp {
        let turn = max(1, (every.wholeMicroseconds - 1).floorDivided(by: 86_400_000_000) + 1)
        let (dayOfTurn, share) = place.split(into: turn)
        // Yesterday's window may extend past midnight.
        let first = window.zone.day(at: moment) - 1
        var day = first + (dayOfTurn - first).modulo(turn)
        // Up to two days may be over, and one may be missing from the calendar.
        for _ in 0..<5 {
            if let slot = window.opening(onDay: day)?.moment(of: share), slot >= moment { return slot }
            day += turn
        }
        return .distantFuture
    }
}
