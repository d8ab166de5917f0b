import Foundation
import RefreshCore
import Synchronization
import TestSupport
import Testing

@testable import Monitoring

/// Who may see the page, and by what password.
@Suite(.timeLimit(.minutes(1)))
struct AccessTests {
    /// Hashes of "open sesame", as crypt(3) makes them.
    private static let good = [
        "$y$j75$k2XAnEHBqQ1Ct2aMXFKNa/$XHuqBDG.B1kMSA1CeriOCRR7sEFF6foXgi9Tw2jZJF/",
        "$y$j9T$k2XAnEHBqQ1Ct2aMXFKNa/$.X04N2hVpz9eY4aeVVLaxg3XSrxlrakD29MzAfFP0a/",
        "$6$k2XAnEHBqQ1Ct2aM$IpWZJym3uUkKbegrSv6LtOCMwFeRV.rsZv6pDhFTChCdqPpIYfPuTb7YCzgdPPQ.ZcK7KC.66A9VkdlVPxoOi0",
        "$6$rounds=1000$k2XAnEHBqQ1Ct2aM$"
            + "i0on5SbZBloHUlgt9AqZycgrzrC5xZ7MZe5XB788QzJDxuoSzXG34hdDA0pC6p3nf.KufMSaCXYdTpqYGvLAG.",
        "$5$k2XAnEHBqQ1Ct2aM$dK95JJCyvgTssWIe7slLSisPh7pSOxvOlmAX5qDlS6C",
        "$2b$04$KBCwKxOzLha2MUDgW0PjXe6FXpShTD1Nu18BhP4eHwohTd5QokYOm",
        "$2y$05$KBCwKxOzLha2MUDgW0PjXeP1SdSUh3ADFY6DQIPM73pip56HtqDBO",
    ]

    @Test(arguments: good) func `a password is known by its hash`(text: String) throws {
        let hash = try PasswordHash(text)
        #expect(hash.matches(Secret("open sesame".utf8)))
        for other in ["", "open sesam", "open sesame ", "Open sesame", "open sesame\0"] {
            #expect(!hash.matches(Secret(other.utf8)))
        }
        #expect(!"\(hash)".contains(text.suffix(20)))
    }

    @Test(arguments: [
        ("open sesame", PasswordHashProblem.notAccepted), ("", .notAccepted), ("*", .notAccepted),
        ("$y$", .notAccepted),
        ("$1$k2XAnEHB$1Me69oiigC4Rl55pckifA/", .notAccepted), ("2reg/PaxCxfO6", .notAccepted),
        ("$apr1$GtknuP1w$JYU6f7PsACNrgI.ZgfVlh1", .notAccepted), ("{SHA}EfatjsUqKYSrqv18O1FlA3hcIHI=", .notAccepted),
        ("$2b$04$KBCwKxOzLha2MUDgW0PjXe6FXpShTD1Nu18BhP4eHwohTd5QokYO", .incomplete),
        ("$6$k2XAnEHBqQ1Ct2aM$IpWZ", .incomplete), ("$y$j9T$k2XAnEHBqQ1Ct2aMXFKNa/$.X04", .incomplete),
        ("$2b$13$KBCwKxOzLha2MUDgW0PjXeVSraQCubV3dVYtNkbpq41BMSwJj0sB2", .tooSlow),
        ("$y$jCT$k2XAnEHBqQ1Ct2aMXFKNa/$thrn/0m290.4lXGjh3VqCrvrPurU4/YLXsM2aKkdpI5", .tooSlow),
        (
            "$6$rounds=600000$k2XAnEHBqQ1Ct2aM$"
                + "6leyvNIKmRjkqSUdTcZOoHgxi5jo1.CT3v6POYo3P3sew0QspaIb7ripT26BChPMz4O9KMlLkhEstIdtiifGe0", .tooSlow
        ),
    ])
    func `a hash that is weak, damaged or slow is refused, and why`(text: String, problem: PasswordHashProblem) {
        #expect(throws: problem) { try PasswordHash(text) }
        #expect(!problem.reason.isEmpty && !problem.remedy.isEmpty)
    }

    @Test func `a file of users is what htpasswd writes`() throws {
        let lines = ["# the night shift", "", "alice:\(Self.good[0])\r", "zoë:\(Self.good[5])"]
        let users = try WebUsers(file: Secret(lines.joined(separator: "\n").utf8))
        for name in ["alice", "zoë"] {
            #expect(users.contains(Array(name.utf8), password: Secret("open sesame".utf8)))
            #expect(!users.contains(Array(name.utf8), password: Secret("shut sesame".utf8)))
        }
        #expect(!users.contains(Array("bob".utf8), password: Secret("open sesame".utf8)))
    }

    @Test(arguments: [
        ("", WebUsersProblem.nobody), ("# nobody\n", .nobody), ("alice\n", .noColon(line: 1)),
        ("\n:\(good[0])", .name(line: 2)), ("al ice:\(good[0])", .name(line: 1)),
        ("a:\(good[0])\na:\(good[5])", .twice(line: 2)),
        ("a:\(good[0])\nb:{SHA}EfatjsUqKYSrqv18O1FlA3hcIHI=", .hash(line: 2, .notAccepted)),
    ])
    func `what is wrong with a file of users is told by its line, without its content`(
        text: String, problem: WebUsersProblem
    ) {
        #expect(throws: problem) { try WebUsers(file: Secret(text.utf8)) }
        #expect(!problem.description.contains("$y$") && !problem.description.contains("SHA}"))
    }

    // MARK: The page

    private static let time = Scene.now

    private func access(_ time: ManualTime) throws -> WebAccess {
        let users = try WebUsers(file: Secret("alice:\(Self.good[0])\nbob:\(Self.good[5])\n".utf8))
        return WebAccess(WebAccess.State(login: WebLogin(users: users, time: time)))
    }

    private func get(_ path: String, _ login: String?, port: Int) async throws -> Connection.Answer {
        let field = login.map { "Authorization: Basic \(Data($0.utf8).base64EncodedString())\r\n" } ?? ""
        return try await Connection.exchange(
            "GET \(path) HTTP/1.1\r\nHost: localhost\r\n\(field)Connection: close\r\n\r\n", port: port)
    }

    @Test func `where there are users, page, overview and metrics need a login`() async throws {
        try await withPage(.well, access: try access(ManualTime(now: Self.time))) { port in
            for path in ["/", "/api/overview", "/metrics", "/robots.txt", "/nothing", "//healthz", "/healthz/"] {
                for login in [nil, "", "alice", "alice:", "alice:wrong", "nobody:open sesame"] {
                    let answer = try await get(path, login, port: port)
                    #expect([401, 429].contains(answer.status), "\(path) \(login ?? "")")
                    #expect(!answer.body.contains("users{") && !answer.body.contains("100,000"))
                    #expect(answer.header("Content-Security-Policy") != nil)
                }
            }
            let answer = try await get("/", nil, port: port)
            #expect(answer.status == 401)
            #expect(answer.header("WWW-Authenticate") == "Basic realm=\"bankrefreshd\", charset=\"UTF-8\"")
        }
    }

    @Test(arguments: ["alice", "bob"]) func `a login opens all of it`(name: String) async throws {
        try await withPage(.well, access: try access(ManualTime(now: Self.time))) { port in
            for path in ["/", "/api/overview", "/metrics"] {
                let answer = try await get(path, "\(name):open sesame", port: port)
                #expect(answer.status == 200)
            }
        }
    }

    @Test func `probes need no login, and are told good or not good`() async throws {
        for (scene, status, body) in [
            (Scene.well, 200, "Good.\n"),
            (.storeFull, 503, "Not good: the page, bankrefreshd status and the journal say why.\n"),
        ] {
            try await withPage(scene, access: try access(ManualTime(now: Self.time))) { port in
                let answer = try await get("/readyz", nil, port: port)
                #expect(answer.status == status)
                #expect(answer.body == body)
                #expect(try await get("/healthz", nil, port: port).status == 200)
            }
        }
    }

    @Test func `wrong passwords have a budget, and who is known passes meanwhile`() async throws {
        let time = ManualTime(now: Self.time)
        try await withPage(.well, access: try access(time)) { port in
            #expect(try await get("/", "alice:open sesame", port: port).status == 200)
            for number in 1...10 {
                #expect(try await get("/", "alice:wrong \(number)", port: port).status == 401)
            }
            let over = try await get("/", "alice:wrong", port: port)
            #expect(over.status == 429)
            #expect(over.header("Retry-After") == "1")
            // Not checked, right as it is.
            #expect(try await get("/", "bob:open sesame", port: port).status == 429)
            #expect(try await get("/", "alice:open sesame", port: port).status == 200)
            time.jump(to: .seconds(1))
            #expect(try await get("/", "bob:open sesame", port: port).status == 200)
            // What was right costs nothing.
            #expect(try await get("/", "bob:wrong", port: port).status == 401)
            #expect(try await get("/", "bob:wrong", port: port).status == 429)
        }
    }

    @Test func `refused logins are counted, and told of at the first, the tenth and so on`() async throws {
        let told = Mutex<[WebIncident]>([])
        let access = try access(ManualTime(now: Self.time))
        try await withPage(.well, access: access, report: { incident in told.withLock { $0.append(incident) } }) {
            port in
            // A browser asks without a name first: that is no login.
            #expect(try await get("/", nil, port: port).status == 401)
            #expect(told.withLock(\.self) == [])
            for number in 1...12 { _ = try await get("/", "alice:wrong \(number)", port: port) }
            _ = try await get("/", "no colon", port: port)
            #expect(try await get("/healthz", "alice:wrong", port: port).status == 200)
            #expect(
                told.withLock(\.self) == [
                    .loginsRefused(count: 1, host: "127.0.0.1"), .loginsRefused(count: 10, host: "127.0.0.1"),
                ])
            access.replace(with: WebAccess.State())
            let metrics = try await get("/metrics", nil, port: port)
            #expect(metrics.body.contains("\nbankrefreshd_web_logins_refused_total 13\n"))
        }
    }

    @Test func `after an hour without a refused login the next is told of as the first`() {
        let logins = RefusedLogins()
        let told = (0..<100).map { logins.count(at: .seconds($0)) }
        #expect(told.compactMap(\.self) == [1, 10, 100])
        #expect(logins.count(at: .seconds(3_698)) == nil)
        #expect(logins.count(at: .seconds(3_698 + 3_600)) == 1)
        #expect(logins.total == 102)
    }

    @Test func `another list of users takes effect with the next request`() async throws {
        let time = ManualTime(now: Self.time)
        let access = try access(time)
        try await withPage(.well, access: access) { port in
            #expect(try await get("/", "alice:open sesame", port: port).status == 200)
            let users = try WebUsers(file: Secret("carol:\(Self.good[0])".utf8))
            access.replace(with: WebAccess.State(login: WebLogin(users: users, time: time)))
            #expect(try await get("/", "alice:open sesame", port: port).status == 401)
            #expect(try await get("/", "carol:open sesame", port: port).status == 200)
            access.replace(with: WebAccess.State())
            #expect(try await get("/", nil, port: port).status == 200)
        }
    }

    @Test(arguments: ["", "Basic", "Bearer abc", "Basic !!!", "Basic YWxpY2U=", "Digest YTpi"])
    func `what is no login is none`(header: String) {
        #expect(BasicCredentials(header) == nil)
    }

    @Test func `a login is read as browsers send it`() throws {
        let given = try #require(BasicCredentials("basic " + Data("zoë:a:b c".utf8).base64EncodedString()))
        #expect(given.name == Array("zoë".utf8))
        #expect(given.password == Secret("a:b c".utf8))
        for (name, password) in [(String(repeating: "n", count: 65), "p"), ("n", String(repeating: "p", count: 257))] {
            #expect(BasicCredentials("Basic " + Data("\(name):\(password)".utf8).base64EncodedString()) == nil)
        }
    }
}
