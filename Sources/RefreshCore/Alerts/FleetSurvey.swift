/// The state of all users, counted by the store for alerts.
package struct FleetSurvey: Equatable, Sendable {
    package struct Question: Equatable, Sendable {
        package let now: Timestamp
        /// How long one window is; above zero.
        package let window: Duration
        /// Windows to count, from now backwards; 1 or more.
        package let windows: Int
        /// Users without a success since then are stale; groups that are not listed below use this value.
        package let staleBefore: Timestamp
        package let staleBeforeByGroup: [GroupName: Timestamp]

        package init(
            now: Timestamp, window: Duration, windows: Int, staleBefore: Timestamp,
            staleBeforeByGroup: [GroupName: Timestamp] = [:]
        ) {
            self.now = now
            self.window = max(window, .microseconds(1))
            self.windows = max(1, windows)
            self.staleBefore = staleBefore
            self.staleBeforeByGroup = staleBeforeByGroup
        }
    }

    /// Users by the outcome of their latest attempt, for each window that it fell in; the current window first.
    package private(set) var outcomes: [[OutcomeKind: Int]]
    /// Users that are scheduled or backing off.
    package private(set) var callable = 0
    /// Callable users whose latest call failed and whose last success is too long ago.
    ///
    /// A user without any success counts from its first failure. A user that was not called for long, because the
    /// daemon did not run or the clock was set, is late, not stale.
    package private(set) var stale = 0

    package init(_ question: Question) {
        outcomes = Array(repeating: [:], count: question.windows)
    }

    /// Counts one user; `since` is its last success, else its first failure.
    package mutating func add(
        _ state: UserState.Kind, group: GroupName?, outcome: OutcomeKind?, attemptedAt: Timestamp?, since: Timestamp?,
        for question: Question
    ) {
        if let outcome, let attemptedAt {
            let age = attemptedAt.duration(to: question.now).wholeMicroseconds
            let window = max(0, age) / question.window.wholeMicroseconds
            if window < Int64(question.windows) { outcomes[Int(window)][outcome, default: 0] += 1 }
        }
        switch state {
        case .scheduled, .backingOff:
            callable += 1
            let before = group.flatMap { question.staleBeforeByGroup[$0] } ?? question.staleBefore
            if let since, since < before, let outcome, outcome != .refreshed { stale += 1 }
        case .parked, .paused: break
        }
    }

    /// The share of users whose latest attempt ended in one of `failures`.
    ///
    /// Counts as many windows as needed for a share of `threshold` to be `minimumUsers` users, or all windows if there
    /// are never that many. With fewer failing users than `minimumUsers`, the value is 0.
    package func share(
        of failures: Set<OutcomeKind>, threshold: Double, minimumUsers: Int, window: Duration
    ) -> Alert.Figure {
        let wanted = Double(minimumUsers) / max(threshold, .leastNonzeroMagnitude)
        var failed = 0
        var called = 0
        var windows = 0
        for counts in outcomes {
            windows += 1
            for (outcome, count) in counts {
                called += count
                if failures.contains(outcome) { failed += count }
            }
            if Double(called) >= wanted { break }
        }
        let isMany = failed >= minimumUsers && called > 0
        return Alert.Figure(
            value: isMany ? Double(failed) / Double(called) : 0, users: failed, total: called,
            span: Double(windows) * window.inSeconds)
    }

    /// The share of stale users among callable users; 0 for fewer than `minimumUsers`.
    package func staleShare(minimumUsers: Int, turns: Double) -> Alert.Figure {
        let isMany = stale >= minimumUsers && callable > 0
        return Alert.Figure(
            value: isMany ? Double(stale) / Double(callable) : 0, users: stale, total: callable, span: turns)
    }
}
