package import RefreshCore

/// What operations work with when there is only the store; the daemon uses it too.
package struct StoreContext: OperationPerforming {
    let store: any UserStore
    let vault: any TokenSealing
    let keyring: any KeyOperating
    let time: any Timekeeping
    let events: any EventReporting
    let imports: ImportLedger
    let sweeper: RemovalSweeper
    /// Removes or moves users, as many per transaction as calls can wait for.
    var edits: PacedWriting
    /// As `edits`, for users that are put.
    var puts: PacedWriting
    let policies: @Sendable () -> Policies
    let version: String

    /// For a store that no daemon works with: no calls have to wait.
    package init(
        store: any UserStore, vault: any TokenSealing, time: any Timekeeping, events: any EventReporting,
        keyring: any KeyOperating, version: String, policies: @escaping @Sendable () -> Policies
    ) {
        self.store = store
        self.vault = vault
        self.keyring = keyring
        self.time = time
        self.events = events
        edits = PacedWriting(WorkPace(always: 10_000), time: time)
        puts = PacedWriting(WorkPace(always: .max), time: time)
        self.policies = policies
        self.version = version
        imports = ImportLedger(time: time, events: events)
        sweeper = RemovalSweeper(store: store, time: time)
    }

    package func respond<Asked: Operation>(to operation: Asked) async throws -> Asked.Answer {
        try await operation.run(with: self)
    }

    /// Reports imports that broke off, and sweeps what was removed.
    package func finish() async throws {
        imports.endAll()
        await sweeper.sweep()
    }

    // MARK: What several operations do

    func user(_ id: UserID) async throws -> User {
        guard let user = try await store.user(id) else { throw OperationProblem.noSuchUser(id) }
        return user
    }

    func update(_ id: UserID, _ change: @escaping @Sendable (User) -> User) async throws -> User {
        guard let user = try await store.update(id, change) else { throw OperationProblem.noSuchUser(id) }
        return user
    }

    /// Throws if a pause would end before it begins.
    func checkEnd(ofPause until: Timestamp?) throws {
        guard let until, until <= time.now else { return }
        throw OperationProblem.badRequest("the pause would end at \(until), which has passed")
    }
}
