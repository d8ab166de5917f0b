package import RefreshDaemon

/// What health checks ask for, known without the store.
package struct WebPulse: Sendable {
    /// Since the scheduler last completed a turn; nil before the first.
    package var sinceLastTurn: Duration?
    package var isStopping: Bool
    package var storeTrouble: StoreHealth.Trouble?

    package init(sinceLastTurn: Duration?, isStopping: Bool, storeTrouble: StoreHealth.Trouble? = nil) {
        self.sinceLastTurn = sinceLastTurn
        self.isStopping = isStopping
        self.storeTrouble = storeTrouble
    }
}
