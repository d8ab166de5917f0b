package import RefreshCore

extension Daemon {
    /// The daemon's dependencies: one port for each outside system.
    package struct Ports: Sendable {
        package let store: any UserStore
        package let vault: any TokenSealing
        package let bank: any BankRefreshing
        package let renewing: any TokenRenewing
        package var time: any Timekeeping
        package let events: any EventReporting
        package let notifier: any ServiceNotifying
        /// Nil where the daemon does not share its store.
        package var fleet: (any FleetSharing)?
        /// The source of the settings that all daemons of the fleet follow; nil if each follows its own.
        package var shared: (any SharedConfigurationSource)?
        /// What a member of a fleet reports about itself, apart from its work.
        package var memberReport: @Sendable () -> MemberReport = { MemberReport() }
        /// Nil where latencies are not measured.
        package var latencies: (any LatencyMeasuring)?
        /// Nil where no backups can be made.
        package var backingUp: (any StoreBackingUp)?
        /// How many entries wait for the journal, and how many were dropped.
        package var journal: @Sendable () -> (waiting: Int, dropped: Int) = { (0, 0) }

        package init(
            store: any UserStore, vault: any TokenSealing, bank: any BankRefreshing, renewing: any TokenRenewing,
            time: any Timekeeping, events: any EventReporting, notifier: any ServiceNotifying
        ) {
            self.store = store
            self.vault = vault
            self.bank = bank
            self.renewing = renewing
            self.time = time
            self.events = events
            self.notifier = notifier
        }
    }
}
