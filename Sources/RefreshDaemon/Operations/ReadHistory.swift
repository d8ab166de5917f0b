package import RefreshCore

/// A user's past attempts, newest first.
///
/// A page shorter than the limit is the last.
package struct ReadHistory: Operation {
    package enum CodingKeys: String, CodingKey, CaseIterable { case user, limit, before, since }

    package static let name = "history"
    package static let limits = 1...1_000
    package static let countedSpan = Duration.days(30)

    package let user: UserID
    /// From 1 to 1,000; 20 by default.
    package var limit: Int?
    /// Only attempts that began before this time.
    ///
    /// For the next page, give the start of the page's last attempt.
    package var before: Timestamp?
    /// Only attempts from this time on.
    ///
    /// Without it, the answer shows all attempts and counts those of the last 30 days.
    package var since: Timestamp?

    package init(of user: UserID, limit: Int? = nil, before: Timestamp? = nil, since: Timestamp? = nil) {
        self.user = user
        self.limit = limit
        self.before = before
        self.since = since
    }

    package func validate() throws(FieldProblem) {
        try FieldProblem.check(limit, within: Self.limits, field: "limit")
    }

    package func run(with store: StoreContext) async throws -> HistoryReport {
        let countedSince = since ?? store.time.now.advanced(by: .zero - Self.countedSpan)
        guard let attempts = try await store.store.history(of: user, before: before, limit: limit ?? 20),
            let counts = try await store.store.historyCounts(of: user, since: countedSince)
        else { throw OperationProblem.noSuchUser(user) }
        let shown = attempts.filter { attempt in since.map { attempt.startedAt >= $0 } ?? true }
        return HistoryReport(of: user, shown, counts: counts, since: countedSince)
    }
}

/// A page of a user's past attempts, and their number by outcome.
package struct HistoryReport: Codable, Sendable, Equatable {
    package var userID: String
    /// Newest first.
    package var attempts: [AttemptReport]
    /// Attempts from `countedSince` on, by outcome.
    package var counts: [String: Int]
    package var countedSince: String
    /// The start of the oldest attempt that is counted.
    ///
    /// Older attempts may have been removed.
    package var oldest: String?

    init(of id: UserID, _ attempts: [AttemptRecord], counts: HistoryCounts, since: Timestamp) {
        userID = id.rawValue
        self.attempts = attempts.map(AttemptReport.init)
        self.counts = Dictionary(uniqueKeysWithValues: counts.byOutcome.map { ($0.key.rawValue, $0.value) })
        countedSince = since.preciseText
        oldest = counts.oldest?.preciseText
    }
}

/// One past attempt.
package struct AttemptReport: Codable, Sendable, Equatable {
    /// RFC 3339, UTC, to the millisecond.
    package var startedAt: String
    package var durationMilliseconds: Int64
    package var trigger: Attempt.Trigger
    /// Whether the attempt overrode the minimum interval and the daily budget.
    package var forced: Bool
    package var outcome: OutcomeKind
    package var httpStatus: Int?
    package var reason: String?
    /// The number of the attempt since the last success, from 1.
    package var number: Int

    init(_ attempt: AttemptRecord) {
        startedAt = attempt.startedAt.preciseText
        durationMilliseconds = attempt.durationMilliseconds
        trigger = attempt.trigger
        forced = attempt.isForced
        outcome = attempt.outcome
        httpStatus = attempt.httpStatus
        reason = attempt.reason
        number = attempt.number
    }
}
