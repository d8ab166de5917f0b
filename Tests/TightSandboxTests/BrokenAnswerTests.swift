import RefreshCore
import Testing
import TightSandbox

@Suite(.timeLimit(.minutes(1)))
struct BrokenAnswerTests {
    @Test func `a truncated answer promises more than it sends`() async throws {
        try await expect(.truncated) { answer, call in
            #expect(answer.head.contains("\r\nContent-Length: 123"))
            #expect(answer.body.utf8.count == 62)
            #expect(answer.end == .closed)
            #expect(call.ending == .cutOff)
        }
    }

    @Test func `a reset is a TCP reset without a byte before it`() async throws {
        try await expect(.reset) { answer, call in
            #expect(answer.text == "")
            #expect(answer.end == .reset)
            #expect(call.ending == .cutOff)
            #expect(call.status == nil)
        }
    }

    @Test func `a close is an orderly end without a byte before it`() async throws {
        try await expect(.closeWithoutAnswer) { answer, call in
            #expect(answer.text == "")
            #expect(answer.end == .closed)
            #expect(call.ending == .cutOff)
        }
    }

    @Test(arguments: [64, 70_000, 3_000_000])
    func `an oversized answer is a whole SUCCESS of just that size`(bytes: Int) async throws {
        try await expect(.oversized(bytes: bytes)) { answer, call in
            #expect(answer.head.contains("\r\nContent-Length: \(bytes)\r\n"))
            #expect(answer.body.utf8.count == bytes)
            #expect(answer.body.hasPrefix(#"{"result":"SUCCESS","id":"a"#))
            #expect(answer.body.hasSuffix("a\"}"))
            #expect(call.ending == .answered)
        }
    }

    @Test func `an oversized answer stops when the caller has had enough`() async throws {
        let configuration = try SandboxConfiguration.plain()
        let user = try #require(configuration.users.list.first)
        try await TightSandbox.running(configuration) { sandbox in
            sandbox.set(behaviour: .oversized(bytes: 1_000_000_000_000), forUser: user.id)
            let answer = try await sandbox.call(user, enough: 65_536)
            #expect(answer.end == .left)
            try await sandbox.waitForEndedCalls(atLeast: 1)
            #expect(sandbox.calls(ofUser: user.id)?.calls.first?.ending == .givenUp)
        }
    }

    @Test func `a call that hangs ends when the caller gives up`() async throws {
        let configuration = try SandboxConfiguration.plain()
        let user = try #require(configuration.users.list.first)
        try await TightSandbox.running(configuration) { sandbox in
            sandbox.set(behaviour: .hang, forUser: user.id)
            let call = Task { try await sandbox.call(user) }
            try await sandbox.waitForCalls(atLeast: 1)
            #expect(sandbox.totals.inFlight == 1)
            call.cancel()
            try await sandbox.waitForEndedCalls(atLeast: 1)
            let record = try #require(sandbox.calls(ofUser: user.id)?.calls.first)
            #expect(record.ending == .givenUp)
            #expect(record.ended != nil)
            #expect(sandbox.totals.inFlight == 0)
            _ = await call.result
        }
    }

    @Test func `stopping ends calls that hang`() async throws {
        let configuration = try SandboxConfiguration.plain()
        let user = try #require(configuration.users.list.first)
        let sandbox = try await TightSandbox.start(configuration)
        sandbox.set(behaviour: .hang, forUser: user.id)
        let call = Task { try await sandbox.call(user) }
        try await sandbox.waitForCalls(atLeast: 1)
        await sandbox.stop()
        let answer = try await call.value
        #expect(answer.text == "")
    }

    private func expect(
        _ behaviour: Behaviour,
        _ check: (RawExchange, CallRecord) throws -> Void
    ) async throws {
        let configuration = try SandboxConfiguration.plain()
        let user = try #require(configuration.users.list.first)
        try await TightSandbox.running(configuration) { sandbox in
            sandbox.set(behaviour: behaviour, forUser: user.id)
            let answer = try await sandbox.call(user)
            try check(answer, try #require(sandbox.calls(ofUser: user.id)?.calls.first))
        }
    }
}
