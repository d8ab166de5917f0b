import RefreshCore

/// Settles leases of a process that ended as `unknown`: the bank may have been called, so the minimum interval holds.
struct LeaseRecovery: Sendable {
    /// The pause between two looks for leases that other daemons left without a settlement.
    private static let interval = Duration.seconds(1)

    let store: any UserStore
    let refresher: Refresher
    let settlements: SettlementQueue
    let settings: LiveSettings
    let notifier: any ServiceNotifying
    let time: any Timekeeping

    /// Recovers all leases that are lost.
    func run() async throws(StoreProblem) {
        while try await step(isAlone: true) {
            // A start that makes progress must not be killed for being slow.
            notifier.extendTimeout(by: .minutes(1))
        }
    }

    /// Recovers, until cancelled, what other daemons of a shared store leave; `mayLease` says whether this one may.
    func keepUp(while mayLease: @Sendable () -> Bool) async {
        while (try? await time.sleep(for: Self.interval)) != nil {
            // The scheduler reports a store that fails.
            while mayLease(), !Task.isCancelled, (try? await step(isAlone: false)) ?? false {}
        }
    }

    /// Recovers one batch; returns false if there was none.
    ///
    /// Unless it `isAlone`, calls end all the time, and the queue of their results may never be empty.
    private func step(isAlone: Bool) async throws(StoreProblem) -> Bool {
        let now = time.now
        let lost = try await store.recoverLeases(
            now: now, until: now.advanced(by: settings.value.leaseDuration), limit: Scheduler.batchLimit)
        if lost.isEmpty { return false }
        // A lease for a renewal alone cannot have reached a bank.
        try await store.release(lost.filter { !$0.isForCall }.map(\.leased.lease))
        for lease in lost where lease.isForCall { await refresher.settleLost(lease) }
        // If the store rejects writes, fail now rather than stay silent until the start times out.
        try await settlements.settledAtOnce(includingLater: isAlone)
        return true
    }
}
