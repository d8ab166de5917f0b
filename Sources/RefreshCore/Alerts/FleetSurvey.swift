/// How a whole fleet fares, counted by the store for alerts.
package struct FleetSurvey: Equatable, Sendable {
    /// What to count.
    package struct Question: Equatable, Sendable {
        package let now: Timestamp
        /// How long one window is; above zero.
        package let window: Duration
        /// Windows to count, from now backwards; 1 or more.
        package let windows: Int
        /// Who had no success since then is stale; users of other groups than those named follow the first.
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

    /// Users by what came of their latest attempt, for each window in which it lay; the present window first.
    package private(set) var outcomes: [[OutcomeKind: Int]]
    /// Users that are scheduled or backing off.
    package private(set) var callable = 0
    /// Of those, who had no success for too long and failed when it was called last; who never had a success counts from
    /// its first failure.
    ///
    /// Who was not called for long, because the daemon did not run or the calendar was set, is late and not stale.
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

    /// The share of users whose latest attempt ended in one of `failures`, over as many windows as it takes until a share
    /// of `threshold` would be `minimumUsers` users; all of them where there are never so many.
    ///
    /// Fewer failing users than that are no share worth a word: the value is 0.
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
            span: Double(windows) * AlertRule.seconds(window))
    }

    /// The share of stale users among those that are called; 0 for fewer than `minimumUsers`.
    package func staleShare(minimumUsers: Int, turns: Double) -> Alert.Figure {
        let isMany = stale >= minimumUsers && callable > 0
        return Alert.Figure(
            value: isMany ? Double(stale) / Double(callable) : 0, users: stale, total: callable, span: turns)
    }
}
