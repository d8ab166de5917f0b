import RefreshCore

/// A zone's rule for all years to come, as `CET-1CEST,M3.5.0,M10.5.0/3`.
///
/// Source: POSIX.1-2024, "Environment Variables", `TZ`, with the hours of RFC 9636 section 3.3.1.
struct ZoneRuleText: Equatable {
    private struct Season: Equatable {
        let offset: Int64
        let start: ZoneRuleDate
        let end: ZoneRuleDate
    }

    private let standard: Int64
    /// Nil where the clock is never set.
    private let daylight: Season?

    /// Nil for what is no such rule.
    init?(_ text: String) {
        var scanner = ZoneRuleScanner(text)
        guard scanner.skipName(), let west = scanner.time(hours: 24) else { return nil }
        standard = -west
        guard !scanner.isAtEnd else {
            daylight = nil
            return
        }
        guard scanner.skipName() else { return nil }
        var offset = standard + 3_600
        if !scanner.isAt(",") {
            guard let west = scanner.time(hours: 24) else { return nil }
            offset = -west
        }
        guard scanner.skip(","), let start = ZoneRuleDate(&scanner), scanner.skip(","),
            let end = ZoneRuleDate(&scanner), scanner.isAtEnd
        else { return nil }
        daylight = Season(offset: offset, start: start, end: end)
    }

    /// Each change of the offset in these years, in order; where two fall together, what holds after both.
    func transitions(years: ClosedRange<Int64>) -> [ZoneRules.Transition] {
        guard let daylight else {
            let moment = CivilDay.day(year: years.lowerBound, month: 1, dayOfMonth: 1) * 86_400
            return [ZoneRules.Transition(secondsSinceEpoch: moment, offset: standard)]
        }
        var transitions: [ZoneRules.Transition] = []
        for year in years {
            let changes = [
                ZoneRules.Transition(
                    secondsSinceEpoch: daylight.start.local(in: year) - standard, offset: daylight.offset),
                ZoneRules.Transition(
                    secondsSinceEpoch: daylight.end.local(in: year) - daylight.offset, offset: standard),
            ]
            for change in changes.sorted(by: { $0.secondsSinceEpoch < $1.secondsSinceEpoch }) {
                if let last = transitions.last, last.secondsSinceEpoch >= change.secondsSinceEpoch {
                    transitions.removeLast()
                }
                transitions.append(change)
            }
        }
        return transitions
    }
}
