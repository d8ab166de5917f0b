import RefreshCore
import Testing

extension AttemptRecord {
    static func at(_ moment: Timestamp, _ outcome: OutcomeKind = .refreshed) -> AttemptRecord {
        AttemptRecord(
            startedAt: moment, duration: .seconds(1), trigger: .schedule, outcome: outcome, httpStatus: 200,
            reason: outcome == .refreshed ? nil : "the bank is closed", number: 1)
    }

    static func saying(_ reason: String) -> AttemptRecord {
        AttemptRecord(
            startedAt: .now, duration: .seconds(1), trigger: .schedule, outcome: .rejected, httpStatus: 200,
            reason: reason, number: 1)
    }
}

extension LeasedUser {
    /// The settlement that leaves the user due now.
    func settlement(attempt: AttemptRecord?) -> Settlement {
        Settlement(lease: lease, revision: revision, user: user, attempt: attempt)
    }
}

extension UserStore {
    func settle(_ attempt: AttemptRecord, of id: String) async throws {
        let leased = try await lease(UserID(id), now: .now, until: .later).get()
        let results = try await settle([leased.settlement(attempt: attempt)])
        #expect(results == [.settled])
    }

    /// Settles everybody who is due, in one batch.
    func settleAll(_ attempt: (User) -> AttemptRecord) async throws {
        let results = try await settle(leaseAll().map { $0.settlement(attempt: attempt($0.user)) })
        #expect(results.allSatisfy { $0 == .settled })
    }

    /// Prunes to the end; returns how many attempts were removed.
    func prune(_ bounds: HistoryBounds, now: Timestamp, limit: Int = 1_000) async throws -> Int {
        var place: Place?
        var removed = 0
        while true {
            let step = try await pruneHistory(to: bounds, now: now, after: place, limit: limit)
            removed += step.removed
            switch step.next {
            case .again: break
            case .after(let next): place = next
            case .done: return removed
            }
        }
    }
}
