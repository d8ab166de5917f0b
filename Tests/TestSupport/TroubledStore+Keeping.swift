package import RefreshCore
import Synchronization

/// What a store keeps beside its users.
extension TroubledStore {
    package func raisedAlerts() async throws(StoreProblem) -> [Alert] {
        try checkReads()
        return try await store.raisedAlerts()
    }

    package func setRaisedAlerts(_ alerts: [Alert]) async throws(StoreProblem) {
        try checkWrites()
        try await store.setRaisedAlerts(alerts)
    }

    package func clockMark() async throws(StoreProblem) -> ClockMark? {
        try checkReads()
        return try await store.clockMark()
    }

    package func setClockMark(_ mark: ClockMark) async throws(StoreProblem) {
        try checkWrites()
        try await store.setClockMark(mark)
    }

    package func fleetPause() async throws(StoreProblem) -> FleetPause? {
        try checkReads()
        return try await store.fleetPause()
    }

    package func setFleetPause(_ pause: FleetPause?) async throws(StoreProblem) {
        try checkWrites()
        try await store.setFleetPause(pause)
    }

    package func verifyPlace() async throws(StoreProblem) {
        if let problem = state.withLock({ $0.trouble.place }) { throw problem }
    }

    package func restoration() async throws(StoreProblem) -> StoreRestoration? {
        try checkReads()
        return try await store.restoration()
    }

    package func setRestoration(_ restoration: StoreRestoration) async throws(StoreProblem) {
        try checkWrites()
        try await store.setRestoration(restoration)
    }

    package func refreshTokenHolders(storedBy moment: Timestamp, limit: Int) async throws(StoreProblem)
        -> RefreshTokenHolders
    {
        try checkReads()
        return try await store.refreshTokenHolders(storedBy: moment, limit: limit)
    }
}
