/// The rules for one user: its group's, or the general ones.
package struct UserPolicy: Equatable, Sendable {
    package var cadence = Cadence(every: .hours(24))
    /// The minimum time between two calls that may have reached the bank.
    package var minimumInterval: Duration = .hours(6)
    /// Attempts per UTC day that may reach the bank, scheduled and manual together.
    package var attemptsPerDay = 4
    /// The backoff for the user's own failures.
    package var failureBackoff = Backoff(first: .hours(6), ceiling: .days(7), jitter: .upperHalf)
    /// The backoff for an API that is unreachable or asks to wait.
    package var outageBackoff = Backoff(first: .seconds(30), ceiling: .hours(1), jitter: .full)
    /// Tries within one slot that may meet an unreachable API, before the next slot is awaited.
    package var outageTriesPerSlot = 3
    /// A longer `Retry-After` is cut to this.
    package var longestRetryAfter: Duration = .hours(24)
    package var serverErrors = ServerErrors.minimumInterval
    /// Forward steps of the store's calendar, which do not count toward the minimum interval.
    package var debts: [CalendarDebt] = []

    /// When a user is called again after a server failed at its call with a status of 500 or above.
    package enum ServerErrors: String, CaseIterable, Sendable {
        /// Not before the minimum interval: the bank may have been reached.
        case minimumInterval
        /// By the outage backoff: for installations without a server in between that can give such an answer.
        case soon
    }

    package static let standard = UserPolicy()
}

/// How long to wait after each consecutive failure: a doubling delay with jitter and a ceiling.
///
/// | failure | `first` 6 h, `ceiling` 7 d, upper half | `first` 30 s, `ceiling` 1 h, full |
/// |---|---|---|
/// | 1 | 3 to 6 h | 0 to 30 s |
/// | 2 | 6 to 12 h | 0 to 60 s |
/// | 5 | 2 to 4 d | 0 to 8 min |
/// | 10 | 3.5 to 7 d | 0 to 1 h |
package struct Backoff: Equatable, Sendable {
    package enum Jitter: Equatable, Sendable {
        /// Between zero and the delay: spreads users that failed together.
        case full
        /// Between half the delay and the delay: below the ceiling, each wait is at least as long as the one before.
        case upperHalf
    }

    package var first: Duration
    package var ceiling: Duration
    package var jitter: Jitter

    package init(first: Duration, ceiling: Duration, jitter: Jitter) {
        self.first = first
        self.ceiling = ceiling
        self.jitter = jitter
    }

    /// The longest wait after `failures` consecutive failures (1 or more), before jitter.
    package func delay(_ failures: Int) -> Duration {
        let first = max(1, first.wholeMicroseconds)
        let ceiling = max(0, ceiling.wholeMicroseconds)
        let doublings = max(1, failures) - 1
        // Compared before doubling, so that nothing overflows.
        guard doublings < 62, first <= ceiling >> Int64(doublings) else { return .microseconds(ceiling) }
        return .microseconds(first << Int64(doublings))
    }

    package func wait(after failures: Int, using random: inout some RandomNumberGenerator) -> Duration {
        let delay = delay(failures).wholeMicroseconds
        let least = jitter == .full ? 0 : delay / 2 + delay % 2
        return .microseconds(Int64.random(in: least...delay, using: &random))
    }
}

/// The general rules, and those of groups with their own.
package struct Policies: Equatable, Sendable {
    package var standard: UserPolicy
    package var groups: [GroupName: UserPolicy]
    /// The debts of the calendar that all times are on, whatever the group.
    package var debts: [CalendarDebt] = []

    package init(standard: UserPolicy = .standard, groups: [GroupName: UserPolicy] = [:]) {
        self.standard = standard
        self.groups = groups
    }

    /// The rules for a user; if its group is not configured, the general rules.
    package func policy(for user: User) -> UserPolicy {
        policy(forGroup: user.group)
    }

    /// The groups of users that have no rules of their own.
    package func unknown(_ sizes: [GroupSize]) -> [GroupSize] {
        sizes.filter { groups[$0.group] == nil }
    }

    package func policy(forGroup group: GroupName?) -> UserPolicy {
        var policy = group.flatMap { groups[$0] } ?? standard
        if !debts.isEmpty { policy.debts = debts }
        return policy
    }
}
