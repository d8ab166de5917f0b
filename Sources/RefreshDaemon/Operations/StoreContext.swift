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
    /// How many users to remove or move per transaction; calls wait meanwhile.
    let pace: WorkPace
    let puts: PacedWriting
    let policies: @Sendable () -> Policies
    let version: String

    package init(
        store: any UserStore, vault: any TokenSealing, time: any Timekeeping, events: any EventReporting,
        policies: Policies, keyring: any KeyOperating, version: String
    ) {
        self.init(
            Ports(store: store, vault: vault, keyring: keyring, time: time, events: events),
            pace: WorkPace(always: 10_000), puts: WorkPace(always: .max), version: version, policies: { policies })
    }

    /// The outside systems that operations use.
    struct Ports {
        let store: any UserStore
        let vault: any TokenSealing
        let keyring: any KeyOperating
        let time: any Timekeeping
        let events: any EventReporting
    }

    init(
        _ ports: Ports, pace: WorkPace, puts: WorkPace, version: String, policies: @escaping @Sendable () -> Policies
    ) {
        store = ports.store
        vault = ports.vault
        keyring = ports.keyring
        time = ports.time
        events = ports.events
        self.pace = pace
        self.puts = PacedWriting(puts, time: ports.time)
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
