/// Says that a store came from a backup, or was reopened after a move, and what is known of the time since then.
package struct StoreRestoration: Equatable, Sendable {
    /// When the backup was made, or the users moved; later events are not in the store.
    package var takenAt: Timestamp
    /// When it became the store; calls that it does not know of were made before.
    package var restoredAt: Timestamp
    /// Whether the times of the previous store were taken over: then no calls are unknown.
    package var isTakenOver: Bool
    /// Whether all users were held back because of it, and the operator was told.
    package var isFollowed: Bool
    /// Whether its users had moved to another store, and it was reopened: there was no backup.
    package var isReopening: Bool

    package init(
        takenAt: Timestamp, restoredAt: Timestamp, isTakenOver: Bool = false, isFollowed: Bool = false,
        isReopening: Bool = false
    ) {
        self.takenAt = takenAt
        self.restoredAt = restoredAt
        self.isTakenOver = isTakenOver
        self.isFollowed = isFollowed
        self.isReopening = isReopening
    }

    /// Whether the user's refresh token came with the backup, and may have been used since.
    ///
    /// A server that sees it used twice may revoke every token that came from it.
    package func putsAtRisk(_ user: User) -> Bool {
        user.renewal.issuedAt.map { $0 <= restoredAt } ?? true
    }

    private static let restored = "the store was restored from a backup"
    private static let reopened = "the store was opened again after a move"

    /// The reason of a user that is parked because its restored token is refused and cannot be renewed.
    package var parkNote: String {
        "\(isReopening ? Self.reopened : Self.restored) of \(takenAt): the token may have been replaced since"
    }

    /// The park note that a reason ends with, if it does.
    package static func parkNote(in reason: String?) -> Substring? {
        guard let reason else { return nil }
        return [restored, reopened].compactMap { reason.firstRange(of: $0)?.lowerBound }.min().map { reason[$0...] }
    }
}

extension NextStep {
    /// A user of a restored store, if it is unknown what happened after the backup.
    ///
    /// The user counts as called at the restore. Its day is charged with as many calls as the minimum interval allowed
    /// meanwhile, up to the daily budget.
    package static func restored(
        _ user: User, after restoration: StoreRestoration, policy: UserPolicy, now: Timestamp
    ) -> User {
        let moment = restoration.restoredAt
        // A user that was called since then has a known record again.
        guard user.record.reachedAt == moment else { return user }
        var next = user
        let known = user.record.day == moment.day ? user.record.attemptsToday : 0
        let unknown = possibleCalls(from: max(restoration.takenAt, .startOfDay(moment.day)), to: moment, policy: policy)
        next.record.day = moment.day
        next.record.attemptsToday = max(known, min(policy.attemptsPerDay, known + unknown))
        return reanchored(next, policy: policy, now: now)
    }

    /// How many calls the minimum interval lets into a span, up to a day's budget.
    private static func possibleCalls(from start: Timestamp, to end: Timestamp, policy: UserPolicy) -> Int {
        guard start <= end else { return 0 }
        let interval = policy.minimumInterval.wholeMicroseconds
        guard interval > 0 else { return policy.attemptsPerDay }
        let calls = start.duration(to: end).wholeMicroseconds / interval + 1
        return calls < Int64(policy.attemptsPerDay) ? Int(calls) : policy.attemptsPerDay
    }
}

package struct StoreBackup: Equatable, Sendable {
    package var path: String
    package var mark: BackupMark
    package var bytes: Int64
    package var took: Duration

    package init(path: String, mark: BackupMark, bytes: Int64, took: Duration) {
        self.path = path
        self.mark = mark
        self.bytes = bytes
        self.took = took
    }
}
