package import RefreshCore

extension Daemon {
    /// What the daemon works over: one port for each thing outside.
    package struct Ports: Sendable {
        package let store: any UserStore
        package let vault: any TokenSealing
        package let bank: any BankRefreshing
        package let renewing: any TokenRenewing
        package var time: any Timekeeping
        package let events: any EventReporting
        package let notifier: any ServiceNotifying
        /// Nil where the daemon has its store to itself.
        package var fleet: (any FleetSharing)?
        /// Where the settings come from that all daemons of the fleet follow; nil if each follows its own.
        package var shared: (any SharedConfigurationSource)?
        /// What the members of a fleet tell of themselves, apart from their work.
        package var memberReport: @Sendable () -> MemberReport = { MemberReport() }
        /// Nil where nobody measures.
        package var latencies: (any LatencyMeasuring)?
        /// Nil where no backups can be made.
        package var backingUp: (any StoreBackingUp)?
        /// Entries that wait for the journal, and those that it lost.
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
