import RefreshCore

/// Settles as unknown what a process that ended held: the bank may have been reached, and the minimum interval holds.
struct LeaseRecovery: Sendable {
    /// Between two looks for leases of other daemons that ended without a settlement.
    private static let interval = Duration.seconds(1)

    let store: any UserStore
    let refresher: Refresher
    let settlements: SettlementQueue
    let settings: LiveSettings
    let notifier: any ServiceNotifying
    let time: any Timekeeping

    /// Takes up all that there is.
    func run() async throws(StoreProblem) {
        while try await step() {
            // Progress is no reason to be killed for a slow start.
            notifier.extendTimeout(by: .minutes(1))
        }
    }

    /// Takes up, until cancelled, what other daemons of a shared store leave; `mayLease` says whether this one may.
    func keepUp(while mayLease: @Sendable () -> Bool) async {
        while (try? await time.sleep(for: Self.interval)) != nil {
            guard mayLease() else { continue }
            // A store that fails is the scheduler's to tell of.
            while (try? await step()) ?? false {}
        }
    }

    /// False when there was nothing.
    private func step() async throws(StoreProblem) -> Bool {
        let now = time.now
        let lost = try await store.recoverLeases(
            now: now, until: now.advanced(by: settings.value.leaseDuration), limit: Scheduler.batchLimit)
        if lost.isEmpty { return false }
        // Leased for a renewal alone, no bank can have been reached.
        try await store.release(lost.filter { !$0.isForCall }.map(\.leased.lease))
        for lease in lost where lease.isForCall { await refresher.settleLost(lease) }
        // One that cannot be written to is no reason to stay silent until the start takes too long.
        try await settlements.allSettledAtOnce()
        return true
    }
}
