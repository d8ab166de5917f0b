package import RefreshCore
package import RefreshDaemon

/// What was counted since the daemon started; attempts by outcome are in the snapshot.
package struct Tallies: Sendable {
    package var calls = Histogram.calls
    package var lateness = Histogram.lateness
    package var breakerOpenings = 0
    package var renewals = RenewalCounts()
    package var storeFailures = 0
    package var work = WorkHistograms()
    package var plan = PlannedCalls()
    package var lastSuccess: Timestamp?

    mutating func add(_ attempt: Attempt) {
        calls.add(attempt.duration)
        if let late = attempt.lateness { lateness.add(late) }
        if attempt.outcome.kind == .refreshed { lastSuccess = attempt.endedAt }
    }
}

/// Renewals of tokens since the daemon started, by result.
package struct RenewalCounts: Sendable {
    package var renewed = 0
    package var failed = 0
    package var refused = 0
}

/// How long each measured part of the work took.
package struct WorkHistograms: Sendable {
    private var lease = Histogram.work
    private var settle = Histogram.work
    private var journalSend = Histogram.work

    package subscript(operation: MeasuredOperation) -> Histogram {
        switch operation {
        case .lease: lease
        case .settle: settle
        case .journalSend: journalSend
        }
    }

    mutating func add(_ span: Duration, of operation: MeasuredOperation) {
        switch operation {
        case .lease: lease.add(span)
        case .settle: settle.add(span)
        case .journalSend: journalSend.add(span)
        }
    }
}

/// The calls planned for each quarter of an hour, from a day back to a day ahead.
package struct PlannedCalls: Equatable, Sendable {
    /// A day, in quarters of an hour.
    package static let back: Int64 = 96
    package static let ahead: Int64 = 96

    private var planned: [Int64: Int] = [:]

    package init() {}

    /// Nil if there was no plan.
    package subscript(number: Int64) -> Int? { planned[number] }

    /// Keeps the plan from the quarter `first` on.
    ///
    /// A quarter that has begun keeps its plan: its past calls are missing from every later plan.
    package mutating func plan(_ calls: [Int], from first: Int64, now: Timestamp) {
        let current = QuarterHour.number(of: now)
        for (offset, count) in calls.enumerated() {
            let number = first + Int64(offset)
            if number > current || planned[number] == nil { planned[number] = count }
        }
        let kept = current - Self.back...current + Self.ahead
        planned = planned.filter { kept.contains($0.key) }
    }
}
