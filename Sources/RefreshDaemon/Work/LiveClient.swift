package import RefreshCore
import Synchronization

/// A client that can be replaced while calls are under way.
///
/// Calls end on the client they began with; the old client is shut down after the last of them.
package final class LiveClient<Client: Sendable>: Sendable {
    /// One client and the calls that are under way with it.
    private final class Holding: Sendable {
        let client: Client
        let uses = Mutex((count: 0, isRetired: false))

        init(_ client: Client) {
            self.client = client
        }
    }

    private struct State {
        var current: Holding
        /// Clients that are being shut down.
        var endings: [ObjectIdentifier: Task<Void, Never>] = [:]
    }

    private let state: Mutex<State>
    private let shutDown: @Sendable (Client) async -> Void

    /// `shutDown` gives up what is still under way and frees what the client holds.
    package init(_ client: Client, shutDown: @escaping @Sendable (Client) async -> Void) {
        state = Mutex(State(current: Holding(client)))
        self.shutDown = shutDown
    }

    /// The client for calls that begin from here on.
    package var current: Client { state.withLock { $0.current.client } }

    /// Runs `body` with the current client, which stays open until `body` ends.
    package func use<Answer: Sendable, Problem: Error>(
        _ body: (Client) async throws(Problem) -> Answer
    ) async throws(Problem) -> Answer {
        let holding = state.withLock { state in
            state.current.uses.withLock { $0.count += 1 }
            return state.current
        }
        defer {
            let isLast = holding.uses.withLock { uses in
                uses.count -= 1
                return uses.isRetired && uses.count == 0
            }
            if isLast { end(holding) }
        }
        return try await body(holding.client)
    }

    /// Makes `client` the one for calls that begin from here on.
    package func replace(with client: Client) {
        let old = state.withLock { state in
            defer { state.current = Holding(client) }
            return state.current
        }
        let isUnused = old.uses.withLock { uses in
            uses.isRetired = true
            return uses.count == 0
        }
        if isUnused { end(old) }
    }

    /// Shuts down the current client, and waits until the ones before it are shut down.
    package func shutdown() async {
        let (current, endings) = state.withLock { ($0.current.client, Array($0.endings.values)) }
        await shutDown(current)
        for ending in endings { await ending.value }
    }

    /// Runs as a separate task: closing connections takes a while, and the last call must not wait for that.
    private func end(_ holding: Holding) {
        let id = ObjectIdentifier(holding)
        state.withLock { state in
            state.endings[id] = Task {
                await shutDown(holding.client)
                _ = self.state.withLock { $0.endings.removeValue(forKey: id) }
            }
        }
    }
}

extension LiveClient: BankRefreshing where Client: BankRefreshing {
    package func refresh(_ token: AccessToken, beginBy: Duration?) async throws(CallNotBegun) -> RefreshAnswer {
        try await use { client async throws(CallNotBegun) in try await client.refresh(token, beginBy: beginBy) }
    }

    package var executor: (any TaskExecutor)? { current.executor }
}

extension LiveClient: TokenRenewing where Client: TokenRenewing {
    package func renew(_ grant: TokenGrant, beginBy: Duration?) async throws(CallNotBegun) -> RenewalAnswer {
        try await use { client async throws(CallNotBegun) in try await client.renew(grant, beginBy: beginBy) }
    }
}
