import Foundation
import NIOHTTP1
import RefreshCore
import Testing
import TightSandbox

@Suite(.timeLimit(.minutes(1)))
struct RenewalLogTests {
    @Test func `every request for tokens is on record, with its beginning and end`() async throws {
        let configuration = try SandboxConfiguration.renewable(users: 2)
        let (user, other) = (configuration.users.list[0], configuration.users.list[1])
        try await TightSandbox.running(configuration) { sandbox in
            _ = try await sandbox.renew(user, as: configuration.client)
            _ = try await sandbox.renew(user, as: configuration.client)
            _ = try await sandbox.renew(inTheNameOf: other.id, as: configuration.client)
            let log = sandbox.tokens.snapshot()
            #expect(log.total == 3 && log.inFlight == 0 && log.overlapping == 0)
            #expect(log.outcomes == ["renewed": 2, "invalid_grant": 1])
            let renewals = try #require(log.users[user.id.rawValue])
            #expect(renewals.renewals.map(\.outcome) == [.renewed, .invalidGrant])
            #expect(renewals.renewals.map(\.grant) == [.refreshToken, .refreshToken])
            #expect(renewals.renewals.map(\.status) == [200, 400])
            #expect(renewals.renewed == 1 && renewals.maxConcurrent == 1)
            for record in renewals.renewals { #expect(record.ended.map { $0 >= record.started } == true) }
            #expect(log.users[other.id.rawValue]?.renewals.map(\.grant) == [.clientCredentials])
            #expect(sandbox.tokens.totals().users.isEmpty && sandbox.tokens.totals().total == 3)
        }
    }

    @Test func `two at once for one user are told, two of two users are not`() async throws {
        let configuration = try SandboxConfiguration.renewable(users: 2)
        let (user, other) = (configuration.users.list[0], configuration.users.list[1])
        try await TightSandbox.running(configuration) { sandbox in
            sandbox.tokens.setForAll(Script(.hang))
            let hanging = [user, other].map { user in
                Task { try await sandbox.renew(user, as: configuration.client) }
            }
            try await sandbox.tokens.waitForBegun(2)
            #expect(sandbox.tokens.snapshot().overlapping == 0)
            #expect(sandbox.tokens.snapshot().maxConcurrent == 2)
            let second = Task { try await sandbox.renew(inTheNameOf: user.id, as: configuration.client) }
            try await sandbox.tokens.waitForBegun(2, of: user.id)
            for task in hanging + [second] { task.cancel() }
            try await sandbox.tokens.waitForEnded(3)
            #expect(sandbox.tokens.snapshot().overlapping == 1)
            #expect(sandbox.tokens.renewals(of: user.id)?.maxConcurrent == 2)
            #expect(sandbox.tokens.renewals(of: user.id)?.overlapping == 1)
            #expect(sandbox.tokens.renewals(of: other.id)?.overlapping == 0)
            #expect(sandbox.tokens.renewals(of: other.id)?.renewals.first?.ending == .givenUp)
        }
    }

    @Test func `counts stay exact when single records are forgotten, and a reset keeps the tokens`() async throws {
        var configuration = try SandboxConfiguration.renewable()
        configuration.callsKeptPerUser = 2
        let user = try #require(configuration.users.list.first)
        try await TightSandbox.running(configuration) { sandbox in
            var current = user
            for _ in 1...7 { current = try await sandbox.renew(current, as: configuration.client).user(user.id) }
            let renewals = try #require(sandbox.tokens.renewals(of: user.id))
            #expect(renewals.count == 7 && renewals.renewed == 7)
            #expect(renewals.renewals.map(\.number) == [5, 6, 7])
            try await sandbox.reset()
            #expect(sandbox.tokens.snapshot() == RenewalLog())
            #expect(try await sandbox.call(current).status == 200)
        }
    }

    // MARK: Trouble

    @Test(arguments: [
        ("close", 0, false), ("traded:close", 0, true), ("reset", 0, false), ("traded:reset", 0, true),
        ("status:502:html", 502, false), ("traded:status:502:html", 502, true), ("throttled:7", 429, false),
        ("html200", 200, false), ("traded:html200", 200, true), ("truncated", 200, true), ("no-result", 200, false),
        ("oversized:70000", 200, false), ("failure:gone", 400, false), ("unauthorized", 401, false),
        ("forbidden", 403, false), ("redirect:https://example.com/", 307, false), ("slow:1ms", 200, true),
        ("slow:1ms:close", 0, false), ("traded:slow:1ms", 200, true), ("traded:slow:1ms:close", 0, true),
        ("slow:1ms:traded:close", 0, true),
    ])
    func `fails as it is told, with the tokens traded or not`(text: String, status: Int, trades: Bool) async throws {
        let configuration = try SandboxConfiguration.renewable()
        let user = try #require(configuration.users.list.first)
        let behaviour = try Behaviour(text: text)
        try await TightSandbox.running(configuration) { sandbox in
            sandbox.tokens.set(Script(behaviour), for: user.id)
            let answer = try await sandbox.renew(user, as: configuration.client)
            #expect(answer.status == status)
            #expect(try await sandbox.call(user).status == (trades ? 401 : 200))
            let record = try #require(sandbox.tokens.renewals(of: user.id)?.renewals.first)
            #expect(record.outcome == (trades ? .renewed : nil))
            #expect(record.behaviour == behaviour.name)
            #expect(record.status == (status == 0 ? nil : status))
            sandbox.tokens.set(nil, for: user.id)
            let again = try await sandbox.renew(user, as: configuration.client)
            #expect(again.status == (trades ? 400 : 200))
        }
    }

    @Test(arguments: [Behaviour.hang, .slow(.seconds(3_600))])
    func `an answer that does not come was traded before, where it was told so`(behaviour: Behaviour) async throws {
        let configuration = try SandboxConfiguration.renewable()
        let user = try #require(configuration.users.list.first)
        try await TightSandbox.running(configuration) { sandbox in
            for (told, status) in [(behaviour, 200), (.traded(then: behaviour), 401)] {
                try await sandbox.reset()
                sandbox.tokens.set(Script(told), for: user.id)
                let waiting = Task { try await sandbox.renew(user, as: configuration.client) }
                try await sandbox.tokens.waitForBegun(1)
                waiting.cancel()
                try await sandbox.tokens.waitForEnded(1)
                let call = try await sandbox.call(user)
                #expect(call.status == status)
                let outcome = try #require(sandbox.tokens.renewals(of: user.id)?.renewals.first).outcome
                #expect(outcome == (status == 401 ? .renewed : nil))
            }
        }
    }

    @Test func `an outage meets requests for tokens too, and shares meet a part of them`() async throws {
        var configuration = try SandboxConfiguration.renewable(users: 40)
        configuration.tokenShares = try Shares(texts: ["status:503=0.5"])
        try await TightSandbox.running(configuration) { sandbox in
            try await sandbox.set(outage: .status(500))
            #expect(try await sandbox.ask([:], as: nil).status == 500)
            try await sandbox.set(outage: nil)
            var statuses: Set<Int> = []
            for user in configuration.users.list {
                statuses.insert(try await sandbox.renew(user, as: configuration.client).status)
            }
            #expect(statuses == [200, 503])
        }
    }

    // MARK: Commands

    @Test func `the admin interface does what the methods do`() async throws {
        var configuration = try SandboxConfiguration.renewable(users: 2)
        configuration.adminPort = 0
        let (user, client) = (configuration.users.list[0], try #require(configuration.client))
        try await TightSandbox.running(configuration) { sandbox in
            let admin = try AdminClient(port: #require(sandbox.adminPort))
            func tell(_ method: String, _ path: String, _ body: String = "") async throws {
                #expect(try await admin.send(.init(rawValue: method), path, body) == AdminClient.done)
            }
            func log(_ path: String) async throws -> RenewalLog {
                try JSONDecoder().decode(
                    RenewalLog.self, from: Data(try await admin.send(.GET, path).utf8.dropFirst(4)))
            }
            try await tell("PUT", "/token-behaviour", #"{"behaviour":"status:503"}"#)
            #expect(try await sandbox.renew(user, as: client).status == 503)
            try await tell("PUT", "/token-behaviour/\(user.id)", #"{"script":["forbidden","success"]}"#)
            #expect(try await sandbox.renew(user, as: client).status == 403)
            try await tell("PUT", "/tokens", #"{"lifetime":"2m","rotation":"on-use"}"#)
            let answer = try await sandbox.renew(user, as: client)
            #expect(answer.body.contains(#""expires_in":120,"#))
            #expect(try await sandbox.call(user).status == 200)
            try await tell("PUT", "/tokens", #"{"lifetime":""}"#)
            try await tell("DELETE", "/tokens/\(user.id)/refresh")
            let new = try answer.user(user.id)
            #expect(try await sandbox.renew(new, as: client).refusal == "400 invalid_grant")
            #expect(try await sandbox.call(new).status == 200)
            try await tell("DELETE", "/tokens/\(user.id)/access")
            #expect(try await sandbox.call(new).status == 401)
            try await tell("DELETE", "/tokens/\(user.id)")
            #expect(try await sandbox.renew(inTheNameOf: user.id, as: client).refusal == "400 invalid_grant")
            #expect(try await admin.send(.POST, "/tokens/\(user.id)").contains(#""expires_in":7776000,"#))
            try await tell("PUT", "/client-secret", #"{"secret":"another"}"#)
            #expect(try await sandbox.renew(inTheNameOf: user.id, as: client).refusal == "401 invalid_client")
            #expect(try await log("/renewals") == sandbox.tokens.snapshot())
            #expect(try await log("/renewals?times=no").users[user.id.rawValue]?.renewals == [])
            let own = try await admin.send(.GET, "/renewals/\(user.id)")
            #expect(own.hasPrefix(#"200 {"count":6,"#))
            for token in [new.token, user.token] { #expect(!own.contains(token.text)) }
        }
    }

    @Test(arguments: [
        ("PUT", "/token-behaviour", #"{"behaviour":"bogus"}"#, 400), ("PUT", "/tokens", "{}", 400),
        ("PUT", "/tokens", #"{"lifetime":"0s"}"#, 400), ("PUT", "/tokens", #"{"rotation":"never"}"#, 400),
        ("PUT", "/tokens", #"{"life":"1s"}"#, 400), ("PUT", "/client-secret", "{}", 400),
        ("PUT", "/token-behaviour/nobody", "{}", 404), ("GET", "/renewals/nobody", "", 404),
        ("DELETE", "/tokens/nobody", "", 404), ("POST", "/tokens/nobody", "", 404),
        ("DELETE", "/tokens/user-000001/bogus", "", 400), ("DELETE", "/tokens", "", 404),
        ("GET", "/tokens", "", 404),
    ])
    func `a command that cannot be is refused with a reason`(
        method: String,
        path: String,
        body: String,
        status: Int
    ) async throws {
        var configuration = try SandboxConfiguration.renewable()
        configuration.adminPort = 0
        try await TightSandbox.running(configuration) { sandbox in
            let admin = try AdminClient(port: #require(sandbox.adminPort))
            let answer = try await admin.send(.init(rawValue: method), path, body)
            #expect(answer.hasPrefix("\(status) {\"error\":\""))
        }
    }
}
