/// One opening of a daily window: when in absolute time users may be called.
package struct WindowOpening: Equatable, Sendable {
    /// In order and apart; one, but where the clock is set back to before the window begins.
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
    /// The very end, a hundredth but at most a minute, stays free: a slightly late call is still in time.
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
