/// The offsets of a time zone from UTC, with each time at which a new one takes effect.
///
/// Seconds throughout, as time zone data has them. A local time is counted as if its zone were UTC: `3_600` is one
/// o'clock on 1970-01-01, whatever the zone.
package struct ZoneRules: Equatable, Sendable {
    package struct Transition: Equatable, Sendable {
        package let secondsSinceEpoch: Int64
        /// East of UTC; valid from this time on.
        package let offset: Int64

        package init(secondsSinceEpoch: Int64, offset: Int64) {
            self.secondsSinceEpoch = secondsSinceEpoch
            self.offset = offset
        }
    }

    /// Offsets lie within these, east of UTC (RFC 9636 section 3.2).
    package static let offsets: ClosedRange<Int64> = -89_999...93_599

    package let name: String
    private let firstOffset: Int64
    private let transitions: [Transition]

    /// `firstOffset` holds before the first transition; nil if transitions are out of order or an offset is absurd.
    package init?(name: String, firstOffset: Int64, transitions: [Transition]) {
        let isOrdered = zip(transitions, transitions.dropFirst()).allSatisfy {
            $0.secondsSinceEpoch < $1.secondsSinceEpoch
        }
        guard isOrdered, Self.offsets.contains(firstOffset),
            transitions.allSatisfy({ Self.offsets.contains($0.offset) })
        else { return nil }
        self.name = name
        self.firstOffset = firstOffset
        self.transitions = transitions
    }

    private init(utc name: String) {
        self.name = name
        firstOffset = 0
        transitions = []
    }

    package static let utc = ZoneRules(utc: "UTC")

    /// The offset at a time, in seconds east of UTC.
    package func offset(at moment: Timestamp) -> Int64 {
        offset(ofPeriod: period(at: moment.wholeSeconds))
    }

    /// The local date at a time, in days since 1970-01-01.
    package func day(at moment: Timestamp) -> Int64 {
        (moment.wholeSeconds + offset(at: moment)).floorDivided(by: 86_400)
    }

    /// The first time at which the clock shows `local` or later.
    ///
    /// If an hour occurs twice, that is the first of the two; if it is skipped, it is the end of the gap.
    func firstMoment(showing local: Int64) -> Int64 {
        // Before this time the clock shows less than `local`, whatever the offset.
        var period = period(at: local - Self.offsets.upperBound - 1)
        while true {
            let moment = max(local - offset(ofPeriod: period), start(ofPeriod: period))
            guard period < transitions.count, moment >= start(ofPeriod: period + 1) else { return moment }
            period += 1
        }
    }

    /// The times at which the clock shows a time within `local`, up to the first that shows its end.
    ///
    /// There are several spans only if the clock is set back to before `local` began, and none if all of it is skipped.
    func spans(showing local: Range<Int64>) -> [Range<Int64>] {
        var cursor = firstMoment(showing: local.lowerBound)
        let end = firstMoment(showing: local.upperBound)
        var spans: [Range<Int64>] = []
        while cursor < end {
            let period = period(at: cursor)
            let periodEnd = period < transitions.count ? min(end, start(ofPeriod: period + 1)) : end
            let opens = max(cursor, local.lowerBound - offset(ofPeriod: period))
            if opens < periodEnd {
                if let last = spans.last, last.upperBound == opens {
                    spans[spans.count - 1] = last.lowerBound..<periodEnd
                } else {
                    spans.append(opens..<periodEnd)
                }
            }
            cursor = periodEnd
        }
        return spans
    }

    /// The number of transitions up to a time: 0 before the first.
    private func period(at seconds: Int64) -> Int {
        var low = 0
        var high = transitions.count
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle].secondsSinceEpoch <= seconds { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func offset(ofPeriod period: Int) -> Int64 {
        period == 0 ? firstOffset : transitions[period - 1].offset
    }

    private func start(ofPeriod period: Int) -> Int64 {
        period == 0 ? .min : transitions[period - 1].secondsSinceEpoch
    }
}

extension Timestamp {
    fileprivate var wholeSeconds: Int64 { microsecondsSinceEpoch.floorDivided(by: 1_000_000) }
}
