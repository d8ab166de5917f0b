package import RefreshCore

/// What the schedule will do in the next 24 hours, if every call succeeds.
package struct Forecast: Equatable, Sendable {
    package struct Assumptions: Equatable, Sendable {
        /// How long one call takes.
        package var latency: Duration
        /// How long the outage lasts that the forecast catches up with.
        package var outage: Duration
        /// How many past calls are kept.
        package var history: HistoryBounds
        /// How often one journal entry sums up successful calls; nil if each call has its own.
        package var summaryInterval: Duration?

        package init(
            latency: Duration = .seconds(5), outage: Duration = .hours(4), history: HistoryBounds = .standard,
            summaryInterval: Duration? = nil
        ) {
            self.latency = latency
            self.outage = outage
            self.history = history
            self.summaryInterval = summaryInterval
        }
    }

    /// One group's part, or that of all users without a group.
    package struct Part: Equatable, Sendable {
        package let group: GroupName?
        package let every: Duration
        /// Users that are called.
        package let users: Int
        package let overdue: Int
        package let parked: Int
        package let paused: Int
        /// Calls that fall due in each minute.
        package let due: [Int]
    }

    /// A minute and its calls.
    package struct Peak: Equatable, Sendable {
        package let at: Timestamp
        package let calls: Int
    }

    /// The backlog after an outage in the busiest hours.
    package struct CatchUp: Equatable, Sendable {
        /// Users that wait when the outage ends.
        package let waiting: Int
        /// Nil if the limits never catch up.
        package let time: Duration?
    }

    package let from: Timestamp
    package let width: Duration
    package let parts: [Part]
    package let capacity: Capacity
    package let assumptions: Assumptions
    /// Calls due in each of the next 24 hours; overdue users count where the limits leave room for them.
    package let callsPerHour: [Int]
    package let peak: Peak
    /// The time until all users that are overdue have been called; nil for never.
    package let timeToClearOverdue: Duration?
    package let catchUp: CatchUp
    package let verdict: Verdict

    package init(
        of histogram: DueHistogram, policies: Policies, admission: Admission.Policy, assumptions: Assumptions
    ) throws {
        let pathfinder = try UserID("forecast")
        from = histogram.from
        width = histogram.width
        self.assumptions = assumptions
        let capacity = Capacity(admission, latency: assumptions.latency)
        self.capacity = capacity
        parts = histogram.rows.map { row in
            let policy = policies.policy(forGroup: row.group)
            var projection = Projection(
                histogram, policy: policy, latency: assumptions.latency, pathfinder: pathfinder)
            projection.add(row)
            return Part(
                group: row.group, every: policy.cadence.every, users: row.callable, overdue: row.overdue,
                parked: row.parked, paused: row.paused, due: projection.calls)
        }
        let due = parts.reduce(into: Array(repeating: 0, count: histogram.count)) { sums, part in
            for (minute, calls) in part.due.enumerated() { sums[minute] += calls }
        }
        let backlog = Backlog(arrivals: due, width: histogram.width, callsPerSecond: capacity.callsPerSecond)
        let overdue = parts.reduce(0) { $0 + $1.overdue }
        let calls = backlog.calls(withBacklog: overdue)
        let minutesPerHour = max(1, Int((.hours(1) / histogram.width).rounded()))
        callsPerHour = stride(from: 0, to: calls.count, by: minutesPerHour).map { start in
            calls[start..<min(calls.count, start + minutesPerHour)].reduce(0, +)
        }
        let busiest = due.indices.max { due[$0] < due[$1] } ?? 0
        peak = Peak(at: histogram.from.advanced(by: histogram.width * busiest), calls: due[busiest])
        timeToClearOverdue = backlog.timeToClear(overdue, from: 0)
        catchUp = Self.catchUp(after: assumptions.outage, parts: parts, backlog: backlog)
        verdict = Verdict(due: due, backlog: backlog, capacity: capacity)
    }

    /// Places the outage where most users fall due; a user that misses several calls in it is called once.
    private static func catchUp(after outage: Duration, parts: [Part], backlog: Backlog) -> CatchUp {
        let count = backlog.arrivals.count
        let length = min(max(1, Int((outage / backlog.width).rounded(.up))), 100 * count)
        let sums = parts.map { part in
            part.due.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1) }
        }
        func missed(from start: Int) -> Int {
            let (turns, rest) = (length / count, length % count)
            return zip(parts, sums).reduce(0) { total, next in
                let (part, sum) = next
                let wrapped = start + rest - count
                let due =
                    turns * sum[count]
                    + (wrapped > 0 ? sum[count] - sum[start] + sum[wrapped] : sum[start + rest] - sum[start])
                return total + min(due, part.users)
            }
        }
        let worst = (0..<count).map { (start: $0, missed: missed(from: $0)) }.max { $0.missed < $1.missed }
        guard let worst else { return CatchUp(waiting: 0, time: .zero) }
        return CatchUp(
            waiting: worst.missed, time: backlog.timeToClear(worst.missed, from: worst.start + length))
    }

    /// Users that are called.
    package var users: Int { parts.reduce(0) { $0 + $1.users } }
    package var overdue: Int { parts.reduce(0) { $0 + $1.overdue } }
    package var parked: Int { parts.reduce(0) { $0 + $1.parked } }
    package var paused: Int { parts.reduce(0) { $0 + $1.paused } }
    package var calls: Int { callsPerHour.reduce(0, +) }
    /// Calls that fall due in a minute, on average; overdue users are not counted.
    package var meanPerMinute: Double {
        let due = parts.reduce(0) { $0 + $1.due.reduce(0, +) }
        let minutes = parts.first.map { Double($0.due.count) * width.inSeconds / 60 } ?? 1
        return Double(due) / minutes
    }
    package var peakPerMinute: Double { Double(peak.calls) * 60 / width.inSeconds }
    package var meanInFlight: Double { capacity.inFlight(callsPerSecond: meanPerMinute / 60) }
    package var peakInFlight: Double { capacity.inFlight(callsPerSecond: peakPerMinute / 60) }
}

extension Forecast {
    /// The disk space that the calls use, if every call succeeds.
    package struct Growth: Equatable, Sendable {
        /// The size of one call's entry with its fields, as journald stores it: 958 to 1,117 bytes were measured.
        package static let journalEntryBytes: Int64 = 1_100

        package let journalBytesPerDay: Int64
        /// What one day's calls add to the histories of their users.
        package let storeBytesPerDay: Int64
        /// The size of all users' histories once they have reached their bounds.
        package let historyBytes: Int64
    }

    /// From the calls that fall due in a day; overdue users are not counted, as they are no part of an ordinary day.
    package var growth: Growth {
        let bounds = assumptions.history
        let perDay = parts.map { part in
            Double(part.due.reduce(0, +)) * (Duration.days(1) / (width * max(1, part.due.count)))
        }
        let kept = zip(parts, perDay).reduce(0.0) { sum, next in
            let (part, calls) = next
            return sum + min(calls * (bounds.maximumAge / .days(1)), Double(part.users) * Double(bounds.keep))
        }
        let calls = perDay.reduce(0, +)
        let entries = assumptions.summaryInterval.map { min(calls, .days(1) / $0) } ?? calls
        return Growth(
            journalBytesPerDay: Self.bytes(entries, of: Growth.journalEntryBytes),
            storeBytesPerDay: bounds.isOff ? 0 : Self.bytes(calls, of: AttemptRecord.storedBytes),
            historyBytes: Self.bytes(kept, of: AttemptRecord.storedBytes))
    }

    private static func bytes(_ count: Double, of size: Int64) -> Int64 {
        Int64(min((count * Double(size)).rounded(), 1e18))
    }
}

extension Duration {
    /// Whole seconds, rounded up.
    init(seconds: Double) {
        self = .seconds(Int64(min(seconds.rounded(.up), 1e12)))
    }
}

extension DueHistogram {
    /// How long a forecast looks ahead.
    package static let horizon = Duration.hours(24)
    /// The minutes of the horizon.
    package static let minutes = 1_440

    /// The due times of `users` new users, at places spread as evenly as hashes; the same for the same number.
    package init(users: Int, cadence: Cadence, from: Timestamp) {
        self.init(from: from, width: .minutes(1), count: Self.minutes)
        var places = SplitMix64(seed: UInt64(bitPattern: Int64(users)))
        for _ in 0..<users {
            guard let place = Place(rawValue: Int64(places.next() >> 1)) else { continue }
            add(of: nil, in: .scheduled, due: cadence.slot(of: place, notBefore: from), isFree: true)
        }
    }
}
