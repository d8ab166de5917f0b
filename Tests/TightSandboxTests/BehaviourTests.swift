import RefreshCore
import Testing
import TightSandbox

struct BehaviourTests {
    @Test(
        arguments: [
            ("success", .success),
            ("failure", .failure),
            ("failure:No: not today", .failure(FailureMessages(global: ["No: not today"]))),
            ("field-failure:bank=gone", .failure(FailureMessages(fields: ["bank": "gone"]))),
            ("throttled", .throttled(retryAfter: nil)),
            (
                "throttled:Wed, 21 Oct 2015 07:28:00 GMT",
                .throttled(retryAfter: "Wed, 21 Oct 2015 07:28:00 GMT")
            ),
            ("status:503", .status(503, .json)),
            ("status:504:empty", .status(504, .empty)),
            ("oversized:100000", .oversized(bytes: 100_000)),
            ("close", .closeWithoutAnswer),
            ("slow:1m30s", .slow(.seconds(90), then: .success)),
            ("slow:2s:status:503:html", .slow(.seconds(2), then: .status(503, .html))),
            ("traded:slow:1s:close", .traded(then: .slow(.seconds(1), then: .closeWithoutAnswer))),
            ("redirect:https://example.com/", .redirect(to: "https://example.com/")),
        ] as [(String, Behaviour)]
    )
    func `a behaviour is read from its text`(text: String, behaviour: Behaviour) throws {
        #expect(try Behaviour(text: text) == behaviour)
    }

    @Test(arguments: [
        "", "succes", "success:1", "status", "status:99", "status:600", "status:503:xml", "oversized",
        "oversized:63",
        "slow", "slow:2", "slow:2s:bogus", "field-failure:bank", "redirect",
        "traded", "traded:bogus",
    ])
    func `a text that names no behaviour is refused`(text: String) {
        #expect(throws: BehaviourProblem.self) { try Behaviour(text: text) }
    }

    @Test func `a script goes step by step and its last step stays`() async throws {
        let configuration = try SandboxConfiguration.plain(users: 2)
        let (scripted, other) = (configuration.users.list[0], configuration.users.list[1])
        try await TightSandbox.running(configuration) { sandbox in
            sandbox.set(script: try Script(text: "failure,status:503,success"), forUser: scripted.id)
            for _ in 1...5 { _ = try await sandbox.call(scripted) }
            _ = try await sandbox.call(other)
            let met = sandbox.calls(ofUser: scripted.id)?.calls.map(\.behaviour)
            #expect(met == ["failure", "status", "success", "success", "success"])
            #expect(sandbox.calls(ofUser: other.id)?.calls.map(\.behaviour) == ["success"])
            #expect(sandbox.calls.behaviours == ["failure": 1, "status": 1, "success": 4])
        }
    }

    @Test func `a behaviour for all yields to a user's own`() async throws {
        let configuration = try SandboxConfiguration.plain(users: 2)
        let (own, other) = (configuration.users.list[0], configuration.users.list[1])
        try await TightSandbox.running(configuration) { sandbox in
            sandbox.set(behaviourForAll: .forbidden)
            sandbox.set(behaviour: .failure, forUser: own.id)
            _ = try await sandbox.call(own)
            _ = try await sandbox.call(other)
            sandbox.set(behaviourForAll: nil)
            sandbox.set(script: nil, forUser: own.id)
            _ = try await sandbox.call(own)
            _ = try await sandbox.call(other)
            #expect(sandbox.calls(ofUser: own.id)?.calls.map(\.behaviour) == ["failure", "success"])
            #expect(sandbox.calls(ofUser: other.id)?.calls.map(\.behaviour) == ["forbidden", "success"])
        }
    }

    @Test func `there is nothing to tell about a user who does not exist`() async throws {
        try await TightSandbox.running(try .plain()) { sandbox in
            let nobody = try UserID("nobody")
            #expect(!sandbox.set(behaviour: .hang, forUser: nobody))
            #expect(sandbox.calls(ofUser: nobody) == nil)
        }
    }
}
