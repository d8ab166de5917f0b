import Foundation
import Glibc
import RefreshCore
import Testing
import TightSandbox

/// Tokens that live for seconds, a daemon that is killed again and again, and a change of keys meanwhile.
///
/// The sandbox ends an old pair as it hands out the new one, so whoever loses the new one has none.
@Suite(.timeLimit(.minutes(2)))
struct CustodyWalkthroughTests {
    private static let life = Duration.seconds(10)
    private static let client = "platform-1"

    /// What the daemon needs to renew tokens, and a schedule of seconds.
    private static func configure(_ place: Workplace, secret: String?, pause: String = "1s") throws {
        var api: [String: Any] = [:]
        if let secret {
            api = ["clientID": client, "clientSecret": ["file": place.directory + "/client-secret"]]
            try write(secret, in: place)
        }
        try place.configure([
            "api": api,
            "schedule": ["every": "3s", "minimumInterval": "1s", "attemptsPerDay": 100_000],
            "backoff": ["outage": ["first": "1s", "ceiling": "2s"]],
            "limits": ["requestsPerSecond": 500, "burst": 500, "slowStart": "0s"],
            "breaker": ["firstPause": pause, "longestPause": pause],
        ])
    }

    private static func write(_ secret: String, in place: Workplace) throws {
        let path = place.directory + "/client-secret"
        try #require(
            FileManager.default.createFile(
                atPath: path, contents: Data((secret + "\n").utf8), attributes: [.posixPermissions: 0o600]))
    }

    /// Imports everyone with both tokens.
    private static func importAll(_ place: Workplace) async throws {
        let file = place.directory + "/users.csv"
        try SandboxUsers(place.users).writeCSV(to: file)
        let imported = try await place.run("users", "import", file)
        try #require(imported.status == 0, "\(imported.errors)")
    }

    private static func inSeconds(_ seconds: Int64) -> Timestamp {
        Timestamp(secondsSinceEpoch: Int64(Date().timeIntervalSince1970) + seconds)
    }

    /// Everyone whose state is not `scheduled`, with the reason.
    private static func notScheduled(_ place: Workplace) async throws -> [String] {
        let listed = try await place.run("users", "list", "--json", "--limit", "10000")
        #expect(listed.objects.count == place.users.count)
        return listed.objects.filter { $0["state"] as? String != "scheduled" }.map { "\($0)" }
    }

    @Test(arguments: [(20, 0), (8, 0.2)])
    func `however often it is killed while keys change, no token is lost, nobody is parked or renewed twice at once`(
        kills: Int, lostAnswers: Double
    ) async throws {
        let secret = UUID().uuidString
        let seed =
            ProcessInfo.processInfo.environment["CUSTODY_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 1...999_999)
        var random = SplitMix64(seed: seed)
        print("custody: CUSTODY_SEED=\(seed) repeats the moments of the kills")
        try await Workplace.with(
            users: 200, expiresAt: Self.inSeconds(10),
            sandbox: { sandbox in
                sandbox.client = SandboxClient(id: Self.client, secret: Secret(Array(secret.utf8)))
                sandbox.tokenLifetime = Self.life
                sandbox.rotation = .immediate
                sandbox.seed = seed
                // Long enough that many a kill hits a renewal under way.
                sandbox.latency = .between(.milliseconds(2), .milliseconds(60))
                sandbox.tokenShares = try Shares([
                    (.traded(then: .closeWithoutAnswer), lostAnswers), (.traded(then: .success), 0.5),
                ])
            }
        ) { place in
            let clock = ContinuousClock()
            let began = clock.now
            try Self.configure(place, secret: secret)
            try await Self.importAll(place)
            var killed: [ProgramRun] = []
            for round in 0..<kills {
                killed.append(try await Self.runAndKill(place, round: round, using: &random))
            }

            // Calm: what is issued from now on lives long, so each user needs one more renewal and then no other.
            place.sandbox.tokens.setForAll(Script(.success))
            place.sandbox.tokens.set(lifetime: nil)
            let before = place.sandbox.tokens.snapshot().users
            let daemon = try await place.startDaemon()
            for user in place.users {
                let count = before[user.id.rawValue]?.count ?? 0
                try await place.sandbox.tokens.waitForEnded(count + 1, of: user.id)
            }
            let sealed = try await place.run("key", "rotate")
            #expect(sealed.status == 0, "\(sealed.errors)")
            let pruned = try await place.run("key", "prune")
            #expect(pruned.status == 0, "\(pruned.errors)")
            #expect(try String(contentsOfFile: place.key, encoding: .utf8).split(separator: "\n").count == 1)
            try await Self.callEverybodyAgain(place)
            let took = clock.now - began

            // From here on only the pair that the store holds is good, and it is enough.
            let settled = place.sandbox.tokens.snapshot()
            let (unknown, expired) = (place.sandbox.totals.unknownTokens, place.sandbox.totals.expiredTokens)
            try await Self.callEverybodyAgain(place)
            #expect(place.sandbox.tokens.totals().total == settled.total)
            #expect(place.sandbox.totals.unknownTokens == unknown && place.sandbox.totals.expiredTokens == expired)
            #expect(try await Self.notScheduled(place) == [])
            let errors = (killed + [daemon]).map(\.errors.text).joined()
            #expect(!errors.contains("parked"))

            // The sandbox's own books.
            let log = place.sandbox.tokens.snapshot()
            #expect(log.overlapping == 0)
            #expect(place.sandbox.calls.users.values.allSatisfy { $0.maxConcurrent == 1 })
            #expect(log.unattributed.count == 0)
            let lives = Int((took / Self.life / 0.75).rounded(.up))
            #expect(log.users.values.allSatisfy { $0.renewed <= lives + kills })
            let most = log.users.values.map(\.renewed).max() ?? 0
            // Each kill and each lost answer may cost those a renewal who are in the middle of one, and no other.
            let handedOut = log.outcomes["renewed"] ?? 0
            let lost = place.sandbox.tokens.snapshot().behaviours["traded-close"] ?? 0
            #expect(handedOut <= place.users.count * (lives + 1) + lost + kills * 20)
            print(
                "custody: \(kills) kills in \(took), \(log.total) requests for tokens, \(handedOut) pairs,"
                    + " \(lost) answers lost, at most \(most) pairs for a user, \(log.outcomes), \(unknown) calls with"
                    + " an old token, \(expired) with an expired one")
            daemon.send(SIGTERM)
            #expect(await daemon.ended() == 0)
        }
    }

    /// One life of the daemon: killed while it starts, after a random while, or in the middle of renewals.
    private static func runAndKill(
        _ place: Workplace, round: Int, using random: inout SplitMix64
    ) async throws -> ProgramRun {
        let daemon: ProgramRun
        var keys: ProgramRun?
        switch round % 4 {
        case 0:
            daemon = try place.start(["run"])
            try await Task.sleep(for: .milliseconds(Int.random(in: 50...500, using: &random)))
        case 1:
            daemon = try await place.startDaemon()
            keys = try place.start(["key", "rotate"])
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...400, using: &random)))
        case 2:
            daemon = try await place.startDaemon()
            keys = try place.start(["key", "prune"])
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...800, using: &random)))
        default:
            daemon = try await place.startDaemon()
            let more = Int.random(in: 1...15, using: &random)
            try await place.sandbox.tokens.waitForBegun(place.sandbox.tokens.totals().total + more)
        }
        daemon.send(SIGKILL)
        #expect(await daemon.ended() == -SIGKILL, "\(daemon.errors.text)")
        _ = await keys?.ended()
        try #require(!daemon.errors.text.contains("parked"), "\(daemon.errors.text)")
        return daemon
    }

    /// Waits until everyone was called once more than now.
    private static func callEverybodyAgain(_ place: Workplace) async throws {
        let before = place.sandbox.calls.users
        for user in place.users {
            let count = before[user.id.rawValue]?.count ?? 0
            try await place.sandbox.waitForEndedCalls(atLeast: count + 1, fromUser: user.id)
        }
    }

    @Test func `a wrong client secret parks nobody, and a reload with the right one mends it`() async throws {
        let secret = UUID().uuidString
        try await Workplace.with(
            users: 10, expiresAt: Self.inSeconds(2),
            sandbox: { sandbox in
                sandbox.client = SandboxClient(id: Self.client, secret: Secret(Array(secret.utf8)))
                sandbox.tokenLifetime = .seconds(600)
            }
        ) { place in
            // A pause that nobody would wait for.
            try Self.configure(place, secret: "wrong", pause: "10m")
            try await Self.importAll(place)
            let daemon = try await place.startDaemon()
            #expect(await daemon.errors.wait(for: "No tokens are renewed until"))
            let status = try await place.run("status", "--json").object
            #expect(status["parked"] as? Int == 0)
            #expect((status["breaker"] as? [String: Any])?["state"] as? String == "closed")
            #expect((status["renewals"] as? [String: Any])?["state"] as? String == "open")
            let told = try await place.run("status").output
            #expect(told.contains("renewal of tokens") && told.contains("check api.clientID and api.clientSecret"))
            #expect(place.sandbox.tokens.snapshot().outcomes["renewed"] == nil)

            try Self.write(secret, in: place)
            let reloaded = try await place.run("reload")
            #expect(reloaded.status == 0, "\(reloaded.errors)")
            #expect(await daemon.errors.wait(for: "Tokens are renewed again"))
            for user in place.users {
                while place.sandbox.tokens.renewals(of: user.id)?.renewed == 0 {
                    let count = place.sandbox.tokens.renewals(of: user.id)?.count ?? 0
                    try await place.sandbox.tokens.waitForEnded(count + 1, of: user.id)
                }
            }
            try await Self.callEverybodyAgain(place)
            #expect(try await Self.notScheduled(place) == [])
            #expect(try await !place.run("status").output.contains("renewal of tokens"))
            let user = try await place.run("users", "show", place.users[0].id.rawValue).output
            #expect(user.contains("token expires") && user.contains("renewal due"), "\(user)")
            #expect(!daemon.errors.text.contains("parked"))
            #expect(place.placesHolding(secret) == [place.directory + "/client-secret"])
        }
    }

    @Test func `without client credentials a start tells whose token expires first`() async throws {
        try await Workplace.with(users: 12, expiresAt: Self.inSeconds(86_400)) { place in
            try await Self.importAll(place)
            let first = Self.inSeconds(3_600)
            let sooner = try SandboxUsers.generate(count: 1, seed: UUID().uuidString, expiresAt: first)
            let file = place.directory + "/sooner.csv"
            try SandboxUsers([
                SandboxUser(id: place.users[7].id, token: sooner.list[0].token, expiresAt: first)
            ]).writeCSV(to: file)
            #expect(try await place.run("users", "import", file).status == 0)
            let daemon = try await place.startDaemon()
            let wanted = "12 tokens will expire, first: \(place.users[7].id.rawValue) \(first)"
            #expect(await daemon.errors.wait(for: wanted), "\(daemon.errors.text)")
            #expect(daemon.errors.text.contains("api.clientID and api.clientSecret are not set"))
            let listed = try await place.run("users", "list", "--sort", "expiry")
            #expect(listed.output.split(separator: "\n").dropFirst().first?.hasPrefix("user-000008") == true)
        }
    }
}
