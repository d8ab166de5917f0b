/// The hours of each local day in which users are called by schedule.
///
/// It opens once on every local day: from when the clock first shows `from` to when it first shows `to`, except times
/// at which a clock that was set back shows an earlier hour than `from`. If the clock skips all of it, it opens for its
/// usual length when the clock continues. A window across midnight belongs to the day it starts on; a date that a zone
/// skips has none.
package struct DailyWindow: Equatable, Sendable {
    package let from: TimeOfDay
    /// At or before `from`, it means the next day.
    package let to: TimeOfDay
    package let zone: ZoneRules

    /// Nil for a window that ends when it begins.
    package init?(from: TimeOfDay, to: TimeOfDay, zone: ZoneRules) {
        guard from != to else { return nil }
        self.from = from
        self.to = to
        self.zone = zone
    }

    /// Its length on a day without a change of the clock.
    private var usualSeconds: Int64 {
        let minutes = to.minutes - from.minutes
        return (minutes > 0 ? minutes : minutes + 1_440) * 60
    }

    /// The opening of a local day, counted since 1970-01-01; nil if the zone skips the day.
    package func opening(onDay day: Int64) -> WindowOpening? {
        let midnight = day.saturatingMultiplied(by: 86_400)
        let from = midnight.saturatingAdding(from.minutes * 60)
        // There are no days beyond what a timestamp can hold.
        guard from.magnitude < Self.lastSecond, isOnCalendar(midnight) else { return nil }
        var spans = zone.spans(showing: from..<from + usualSeconds)
        if spans.isEmpty {
            let start = zone.firstMoment(showing: from)
            let end = min(start + usualSeconds, zone.firstMoment(showing: from + 86_400))
            // If the next day's opening begins at once, the two are one.
            guard start < end else { return nil }
            spans = [start..<end]
        }
        return WindowOpening(
            spans: spans.map {
                Timestamp(secondsSinceEpoch: $0.lowerBound)..<Timestamp(secondsSinceEpoch: $0.upperBound)
            }
        )
    }

    /// The opening that contains a time.
    package func opening(at moment: Timestamp) -> WindowOpening? {
        let day = zone.day(at: moment)
        for day in [day, day - 1] {
            if let opening = opening(onDay: day), opening.contains(moment) { return opening }
        }
        return nil
    }

    /// The next opening after a time.
    package func opens(after moment: Timestamp) -> Timestamp {
        let today = zone.day(at: moment)
        // At most two days in a row may be missing: one that the zone skips, and one that has begun.
        let starts = (today - 1...today + 4).compactMap { opening(onDay: $0)?.start }
        return starts.first { $0 > moment } ?? .distantFuture
    }

    /// Whether the clock shows any time of a day at all.
    private func isOnCalendar(_ midnight: Int64) -> Bool {
        zone.firstMoment(showing: midnight) < zone.firstMoment(showing: midnight + 86_400)
    }

    private static let lastSecond = UInt64(Int64.max / 1_000_000 - 200_000)
}

/// A time on the clock, to the minute: `00:00` to `23:59`.
package struct TimeOfDay: Equatable, Sendable, CustomStringConvertible {
    /// Since midnight, as the clock shows it.
    package let minutes: Int64

    package var description: String {
        [minutes / 60, minutes % 60].map { $0.padded(to: 2) }.joined(separator: ":")
    }
}

extension TimeOfDay {
    /// Reads `HH:MM`, both in two digits; nil for anything else.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == 5, bytes[2] == UInt8(ascii: ":") else { return nil }
        let digits = [0, 1, 3, 4].map { Int64(bytes[$0]) - 0x30 }
        guard digits.allSatisfy({ (0...9).contains($0) }) else { return nil }
        let (hour, minute) = (digits[0] * 10 + digits[1], digits[2] * 10 + digits[3])
        guard hour < 24, minute < 60 else { return nil }
        minutes = hour * 60 + minute
    }
}

/// One opening of a daily window: when in absolute time users may be called.
package struct WindowOpening: Equatable, Sendable {
    /// In order and disjoint; there is only one, unless the clock is set back to before the window begins.
    package let spans: [Range<Timestamp>]

    /// Nil without a span.
    init?(spans: [Range<Timestamp>]) {
        guard !spans.isEmpty else { return nil }
        self.spans = spans
    }

    package var start: Timestamp { spans[0].lowerBound }
    package var end: Timestamp { spans[spans.count - 1].upperBound }

    package func contains(_ moment: Timestamp) -> Bool {
        spans.contains { $0.contains(moment) }
    }

    /// The time of a place: users are spread evenly and in the order of their places.
    ///
    /// The very end stays free, a hundredth but at most a minute, so that a slightly late call is still in time.
    package func moment(of place: Place) -> Timestamp {
        let length = spans.reduce(Duration.zero) { $0 + $1.lowerBound.duration(to: $1.upperBound) }
        var offset = place.offset(in: length - min(length / 100, .minutes(1)))
        for span in spans {
            let length = span.lowerBound.duration(to: span.upperBound)
            if offset < length { return span.lowerBound.advanced(by: offset) }
            offset -= length
        }
        return start
    }
}
