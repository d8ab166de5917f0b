import RefreshCore
import Testing
import TightSandbox

struct SharesTests {
    @Test func `the same seed gives every call the same answer, another seed another`() async throws {
        let users = try SandboxUsers.generate(count: 60, seed: "shares")
        let first = try await met(by: users, seed: 1)
        let second = try await met(by: users, seed: 1)
        let other = try await met(by: users, seed: 2)
        #expect(first == second)
        #expect(first != other)
        // 120 calls at 0.3 and 0.2: outside these bounds once in a million seeds, and the seed is fixed.
        let all = first.values.joined()
        #expect((18...56).contains(all.count { $0 == "failure" }))
        #expect((8...42).contains(all.count { $0 == "status" }))
    }

    @Test(arguments: [
        (["failure"], "“failure” is no share; write BEHAVIOUR=SHARE, failure=0.1 say"),
        (["failure=much"], "“failure=much” is no share; write BEHAVIOUR=SHARE, failure=0.1 say"),
        (["failure=1.5"], "the share failure=1.5 is not between 0 and 1"),
        (["failure=0.5", "forbidden=0.75"], "the shares add up to 1.25, which is more than 1"),
    ])
    func `shares that cannot be are refused`(texts: [String], message: String) {
        let problem = #expect(throws: SharesProblem.self) { try Shares(texts: texts) }
        #expect(problem?.description == message)
    }

    @Test(
        arguments: [
            ("50ms", .fixed(.milliseconds(50))),
            ("20ms..2s", .between(.milliseconds(20), .seconds(2))),
            ("2s..20ms", nil), ("0s..1s", nil), ("50", nil), ("..", nil), ("", nil),
        ] as [(String, Latency?)]
    )
    func `a latency is read from its text`(text: String, latency: Latency?) {
        #expect(Latency(text: text) == latency)
    }

    @Test func `an answer takes at least its latency`() async throws {
        var configuration = try SandboxConfiguration.plain()
        configuration.latency = .between(.milliseconds(20), .milliseconds(40))
        let user = try #require(configuration.users.list.first)
        try await TightSandbox.running(configuration) { sandbox in
            _ = try await sandbox.call(user)
            let call = try #require(sandbox.calls(ofUser: user.id)?.calls.first)
            let ended = try #require(call.ended)
            #expect(ended - call.started >= 20_000)
        }
    }

    private func met(by users: SandboxUsers, seed: UInt64) async throws -> [String: [String]] {
        var configuration = SandboxConfiguration(users: users)
        configuration.isPlain = true
        configuration.seed = seed
        configuration.shares = try Shares(texts: ["failure=0.3", "status:503=0.2"])
        return try await TightSandbox.running(configuration) { sandbox in
            for user in users.list + users.list { _ = try await sandbox.call(user) }
            return sandbox.calls.users.mapValues { $0.calls.map(\.behaviour) }
        }
    }
}
