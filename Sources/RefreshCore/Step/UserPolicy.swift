/// The rules for one user: its group's, or the general ones.
package struct UserPolicy: Equatable, Sendable {
    package var cadence: Cadence
    /// Least time between two calls that may have reached the bank.
    package var minimumInterval: Duration
    /// Attempts per UTC day that may reach the bank, scheduled and manual together.
    package var attemptsPerDay: Int
    /// The backoff for failures of the user's own.
    package var failureBackoff: Backoff
    /// The backoff for an API that is not reached or asks to wait.
    package var outageBackoff: Backoff
    /// Tries within one slot that an API out of reach may cost, before the next slot is awaited.
    package var outageTriesPerSlot: Int
    /// A `Retry-After` beyond this is cut to it.
    package var longestRetryAfter: Duration
    package var serverErrors: ServerErrors

    /// When a user is called again whose call a server failed at, with a status of 500 and above.
    package enum ServerErrors: String, CaseIterable, Sendable {
        /// Not before the minimum interval: the bank may have been reached.
        case minimumInterval
        /// Follows the outage backoff: for installations without a server in between that can give such an answer.
        case soon
    }

    package init(
        cadence: Cadence = Cadence(every: .hours(24)),
        minimumInterval: Duration = .hours(6),
        attemptsPerDay: Int = 4,
        failureBackoff: Backoff = Backoff(first: .hours(6), ceiling: .days(7), jitter: .upperHalf),
        outageBackoff: Backoff = Backoff(first: .seconds(30), ceiling: .hours(1), jitter: .full),
        outageTriesPerSlot: Int = 3,
        longestRetryAfter: Duration = .hours(24),
        serverErrors: ServerErrors = .minimumInterval
    ) {
        self.cadence = cadence
        self.minimumInterval = minimumInterval
        self.attemptsPerDay = attemptsPerDay
        self.failureBackoff = failureBackoff
        self.outageBackoff = outageBackoff
        self.outageTriesPerSlot = outageTriesPerSlot
        self.longestRetryAfter = longestRetryAfter
        self.serverErrors = serverErrors
    }
}
