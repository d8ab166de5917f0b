import RefreshCore
import Testing
import TightAPI

@Suite(.timeLimit(.minutes(1))) struct ExecutorTests {
    @Test func `makes calls on its own executor like on any other`() async throws {
        let server = try await FaultServer(.success)
        try await withClient(localSettings(port: server.port)) { client in
            let executor = try #require(client.executor)
            let tokens = try (0..<50).map { _ in try randomToken() }
            let outcomes = await withTaskGroup(of: Outcome.self) { group in
                for token in tokens {
                    group.addTask(executorPreference: executor) {
                        // The second call goes out from where the first one's answer came in.
                        let first = await client.refresh(token).outcome
                        return first == .refreshed ? await client.refresh(token).outcome : first
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes == Array(repeating: .refreshed, count: 50))
        }
        #expect(server.log.requests.count == 100)
        try await server.close()
    }
}
