import RefreshCore

/// Settles the calls that a killed daemon left, as the next one would: they may have reached the bank until now.
struct LostCalls: Sendable {
    private static let usersAtOnce = 1_000

    let store: any UserStore
    let policies: Policies
    let keepsHistory: Bool
    let events: any EventReporting

    /// Returns how many there were; `now` is the present moment on the store's calendar.
    @discardableResult
    func end(
        at now: () -> Timestamp, using random: inout some RandomNumberGenerator
    ) async throws(StoreProblem) -> Int {
        var count = 0
        while true {
            let now = now()
            let lost = try await store.recoverLeases(now: now, until: now, limit: Self.usersAtOnce)
            if lost.isEmpty { return count }
            try await store.release(lost.filter { !$0.isForCall }.map(\.leased.lease))
            var settlements: [Settlement] = []
            for recovered in lost where recovered.isForCall {
                let user = recovered.leased.user
                let attempt = recovered.attempt(endedAt: now)
                let record = AttemptRecord(attempt, of: user, isForced: false)
                let next = NextStep.after(attempt, of: user, under: policies.policy(for: user), using: &random)
                settlements.append(
                    Settlement(
                        lease: recovered.leased.lease, revision: recovered.leased.revision, user: next,
                        attempt: keepsHistory ? record : nil))
                events.report(.attempted(attempt, user: next, number: record.number))
            }
            _ = try await store.settle(settlements)
            count += settlements.count
        }
    }
}
