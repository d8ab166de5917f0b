import Testing

@testable import RefreshConfiguration
@testable import RefreshCore

struct ConfigurationReadingTests {
    private func problems(_ text: String) -> [ConfigurationProblem] {
        let thrown = #expect(throws: ConfigurationProblems.self) { _ = try Configuration(text: text) }
        return thrown?.problems ?? []
    }

    /// A file with a valid API and whatever else is given.
    private func file(_ rest: String) -> String {
        "{\"api\": {\"environment\": \"sandbox\"},\n\(rest)}"
    }

    @Test func `takes the defaults of the core for what is left out`() throws {
        let configuration = try Configuration(text: "{\"api\": {\"environment\": \"sandbox\"}}")
        #expect(configuration == .default)
        #expect(configuration.policies == Policies())
        #expect(configuration.admission == Admission.Policy())
        #expect(configuration.api.server.description == "https://sandbox.hurdlr.com/rest")
    }

    @Test(
        arguments: [
            (#"{"control": {"socket": "/a/b.sock"}, "bogus": 1}"#, "/a/b.sock"),
            (#"{"schedule": {"every": "24"}}"#, "/run/bankrefreshd/control.sock"),
            (#"{"control": {"socket": 5}}"#, nil), (#"{"control": "/a/b.sock"}"#, nil), ("[]", nil),
        ] as [(String, String?)])
    func `finds the socket in a file with mistakes`(text: String, socket: String?) throws {
        #expect(throws: ConfigurationProblems.self) { _ = try Configuration(text: text) }
        let read = Configuration.reading(SettingPath("control", "socket"), inFaulty: try ConfigurationFile(text: text))
        #expect(read?.controlSocket == socket)
    }

    @Test func `puts every key in its place`() throws {
        let configuration = try Configuration(
            text: """
                {
                  "api": {"baseURL": "http://localhost:8080/rest", "timeout": "2m", "connectTimeout": "3s",
                          "pingAfter": "0s", "pingTimeout": "2s", "connectionAge": "1h",
                          "caFile": "/etc/ca.pem", "proxy": "http://proxy:3128",
                          "proxyCredentials": {"file": "/etc/proxy"},
                          "clientID": "a platform", "clientSecret": {"credential": "client-secret"}},
                  "store": {"sqlite": {"path": "/tmp/s.sqlite"}, "key": {"file": "/etc/key"}},
                  "schedule": {"every": "12h", "minimumInterval": "1h", "attemptsPerDay": 9},
                  "backoff": {"failure": {"first": "1h", "ceiling": "2d"},
                              "outage": {"first": "5s", "ceiling": "6m", "triesPerSlot": 7}, "longestRetryAfter": "8h"},
                  "limits": {"requestsPerSecond": 2.5, "burst": 3, "concurrency": {"min": 2, "max": 9},
                             "slowStart": "7s", "throttling": {"scope": "user", "users": 5, "within": "3m"}, "drain": "5s"},
                  "breaker": {"window": "2m", "failureRate": 0.25, "minimumCalls": 6, "firstPause": "7s",
                              "longestPause": "8m", "probes": 9},
                  "control": {"socket": "/tmp/c.sock"},
                  "web": {"listen": "[::]:9477", "title": "T", "users": {"credential": "web-users"},
                          "tls": {"certificate": "/etc/c.pem", "key": {"file": "/etc/k.pem"}}},
                  "log": {"refreshed": "summary", "summaryInterval": "10m"}
                }
                """
        )
        var expected = Configuration()
        expected.api = APISettings(
            environment: nil,
            baseURL: try Endpoint("http://localhost:8080/rest"),
            timeout: .minutes(2),
            connectTimeout: .seconds(3),
            pingAfter: .zero,
            pingTimeout: .seconds(2),
            connectionAge: .hours(1),
            caFile: "/etc/ca.pem",
            proxy: try ProxyEndpoint("http://proxy:3128"),
            proxyCredentials: .file("/etc/proxy"),
            clientID: "a platform",
            clientSecret: .credential("client-secret")
        )
        expected.store = StoreSettings(sqlitePath: "/tmp/s.sqlite", key: .file("/etc/key"))
        expected.standard = UserPolicy(
            cadence: Cadence(every: .hours(12)),
            minimumInterval: .hours(1),
            attemptsPerDay: 9,
            failureBackoff: Backoff(first: .hours(1), ceiling: .days(2), jitter: .upperHalf),
            outageBackoff: Backoff(first: .seconds(5), ceiling: .minutes(6), jitter: .full),
            outageTriesPerSlot: 7,
            longestRetryAfter: .hours(8)
        )
        expected.admission = Admission.Policy(
            requestsPerSecond: 2.5,
            burst: 3,
            concurrency: ConcurrencyLimit.Policy(min: 2, max: 9),
            slowStart: .seconds(7),
            throttling: Throttling.Policy(scope: .user, users: 5, within: .minutes(3)),
            breaker: Breaker.Policy(
                window: .minutes(2),
                failureRate: 0.25,
                minimumCalls: 6,
                firstPause: .seconds(7),
                longestPause: .minutes(8),
                probes: 9
            )
        )
        expected.drain = .seconds(5)
        expected.controlSocket = "/tmp/c.sock"
        expected.web = WebSettings(
            listen: ListenAddress(text: "[::]:9477"), title: "T", certificate: "/etc/c.pem", key: .file("/etc/k.pem"),
            users: .credential("web-users"))
        expected.log = LogSettings(refreshed: .summary, summaryInterval: .minutes(10))
        #expect(configuration == expected)
        #expect(try Configuration(text: configuration.text) == configuration)
    }

    @Test(
        arguments: [
            ("", "", nil), (#""serverErrors": "minimumInterval""#, "", nil),
            (#""serverErrors": "soon""#, "", "after a 5xx a user may be called"),
            (
                #""serverErrors": "soon""#, #""vip": {"backoff": {"serverErrors": "minimumInterval"}}"#,
                "a user may be called"
            ),
            ("", #""vip": {"backoff": {"serverErrors": "soon"}}"#, "a user of group vip may"),
            (
                "", #""b": {"backoff": {"serverErrors": "soon"}}, "a": {"backoff": {"serverErrors": "soon"}}, "c": {}"#,
                "a user of the groups a, b may"
            ),
        ] as [(String, String, String?)])
    func `names whom a server's error lets be called too soon`(standard: String, groups: String, note: String?) throws {
        let configuration = try Configuration(
            text: #"{"api": {"environment": "sandbox"}, "backoff": {\#(standard)}, "groups": {\#(groups)}}"#)
        #expect(configuration.notes.count == (note == nil ? 0 : 1))
        if let note { #expect(configuration.notes.first?.contains(note) == true) }
        #expect(configuration.warnings == configuration.notes)
        #expect((configuration.standard.serverErrors == .soon) == standard.contains("soon"))
        #expect(try Configuration(text: configuration.text) == configuration)
    }

    @Test func `a group follows everybody where it says nothing, wherever it stands in the file`() throws {
        let configuration = try Configuration(
            text: file(
                """
                "groups": {"vip": {"every": "6h", "backoff": {"failure": {"first": "2h"}}}, "a.b": {}},
                "schedule": {"minimumInterval": "3h", "every": "48h"},
                "backoff": {"failure": {"ceiling": "3d"}}
                """
            )
        )
        let policies = configuration.policies
        let vip = try #require(GroupName("vip").flatMap { policies.groups[$0] })
        #expect(vip.cadence.every == .hours(6))
        #expect(vip.minimumInterval == .hours(3))
        #expect(vip.failureBackoff == Backoff(first: .hours(2), ceiling: .days(3), jitter: .upperHalf))
        #expect(GroupName("a.b").flatMap { policies.groups[$0] } == policies.standard)
        #expect(try Configuration(text: configuration.text) == configuration)
    }

    @Test func `tells a dozen mistakes at once, each with its place`() {
        let problems = problems(
            """
            {
              "api": { "environment": "prod", "timeout": "5 minuts", "retries": 3 },
              "store": { "postgresq": { "url": "x" }, "key": "hunter2hunter2" },
              "schedule": { "every": 86400, "minimumInterval": "6h", "minimumInterval": "7h" },
              "groups": { "very important": {}, "vip": { "evry": "1h" } },
              "limits": { "requestsPerSecond": 0, "concurrency": "64", "burst": 1.5 },
              "breaker": { "firstPause": "1h", "longestPause": "1m" },
              "control": { "socket": "run/control.sock" },
              "logging": {}
            }
            """
        )
        let expected: [(String, ConfigurationProblem.Kind, Int, Int, String?, String?)] = [
            ("api.environment", .badValue, 2, 27, "\"prod\"", nil),
            ("api.timeout", .badValue, 2, 46, "\"5 minuts\"", "write \"5m\""),
            (
                "api.retries", .unknownKey, 2, 58, nil,
                "known here: environment, baseURL, timeout, connectTimeout, pingAfter, pingTimeout, connectionAge, "
                    + "caFile, proxy, proxyCredentials, clientID, clientSecret"
            ),
            ("store.postgresq", .unknownKey, 3, 14, nil, "did you mean \"postgresql\"?"),
            ("store.key", .inlineSecret, 3, 50, nil, nil),
            ("schedule.every", .wrongType, 4, 26, "86400", "write \"1d\""),
            ("schedule.minimumInterval", .duplicateKey, 4, 58, nil, "keep one of them"),
            ("groups[\"very important\"]", .badValue, 5, 15, nil, nil),
            ("groups.vip.evry", .unknownKey, 5, 46, nil, "did you mean \"every\"?"),
            ("limits.requestsPerSecond", .outOfRange, 6, 36, "0", "the least is 0.001"),
            ("limits.concurrency", .wrongType, 6, 54, "\"64\"", "write 64 without quotes"),
            ("limits.burst", .badValue, 6, 69, "1.5", "write 2"),
            (
                "breaker.firstPause", .contradiction, 7, 30, nil,
                "lower firstPause to 1m, or raise longestPause to 1h"
            ),
            ("control.socket", .badValue, 8, 26, "\"run/control.sock\"", "begin it with /"),
            ("logging", .unknownKey, 9, 3, nil, nil),
        ]
        #expect(problems.map(\.path) == expected.map(\.0))
        for (problem, (path, kind, line, column, value, suggestion)) in zip(problems, expected) {
            #expect(problem.kind == kind, "\(path)")
            #expect(problem.line == line && problem.column == column, "\(problem)")
            #expect(problem.value == value, "\(problem)")
            if let suggestion { #expect(problem.suggestion == suggestion, "\(path)") }
        }
    }

    @Test(arguments: [
        ("\"schedule\": {\"every\": \"1h\"}", ["schedule.every", "schedule.every"]),
        ("\"schedule\": {\"minimumInterval\": \"25h\"}", ["schedule.minimumInterval"]),
        ("\"schedule\": {\"every\": \"1h\", \"minimumInterval\": \"1h\"}", ["schedule.every"]),
        (
            "\"schedule\": {\"every\": \"1h\", \"minimumInterval\": \"1h\", \"attemptsPerDay\": 23}",
            ["schedule.attemptsPerDay"]
        ),
        ("\"backoff\": {\"failure\": {\"first\": \"8d\"}}", ["backoff.failure.first"]),
        ("\"backoff\": {\"outage\": {\"ceiling\": \"29s\"}}", ["backoff.outage.ceiling"]),
        ("\"breaker\": {\"longestPause\": \"29s\"}", ["breaker.longestPause"]),
        ("\"groups\": {\"g\": {\"every\": \"5h\"}}", ["groups.g.every"]),
        (
            "\"groups\": {\"g\": {\"backoff\": {\"failure\": {\"first\": \"8d\"}}}}",
            ["groups.g.backoff.failure.first"]
        ),
        // Told once, where it was written, and not again in each group.
        (
            "\"schedule\": {\"minimumInterval\": \"25h\"}, \"groups\": {\"g\": {}, \"h\": {\"attemptsPerDay\": 5}}",
            ["schedule.minimumInterval"]
        ),
    ])
    func `tells what does not go together`(rest: String, paths: [String]) {
        let problems = problems(file(rest))
        #expect(problems.map(\.path) == paths)
        #expect(problems.allSatisfy { $0.kind == .contradiction && $0.line == 2 && $0.suggestion != nil })
    }

    @Test(arguments: [
        "\"schedule\": {\"every\": \"1h\", \"minimumInterval\": \"1h\", \"attemptsPerDay\": 24}",
        "\"schedule\": {\"every\": \"1s\", \"minimumInterval\": \"0s\", \"attemptsPerDay\": 86400}",
        "\"schedule\": {\"every\": \"6h\"}", "\"backoff\": {\"failure\": {\"first\": \"7d\"}}",
    ])
    func `takes what just goes together`(rest: String) throws {
        _ = try Configuration(text: file(rest))
    }

    @Test(arguments: [
        ("\"schedule\": {\"every\": \"1h\", \"minimumInterval\": 6}", "schedule.minimumInterval"),
        ("\"schedule\": 5, \"groups\": {\"g\": {\"every\": \"1h\", \"attemptsPerDay\": 24}}", "schedule"),
    ])
    func `does not compare with a value that was refused`(rest: String, path: String) {
        let problems = problems(file(rest)).filter { !$0.reason.contains("attemptsPerDay") }
        #expect(problems.map(\.path) == [path])
    }

    @Test(
        arguments: [
            ("{}", "api.environment", .missingKey), ("{\"api\": {}}", "api.environment", .missingKey),
            ("{\"api\": {\"environment\": null, \"baseURL\": null}}", "api.environment", .missingKey),
            ("{\"api\": 1}", "api", .wrongType), ("[]", "", .wrongType), ("null", "", .wrongType),
            (
                "{\"api\": {\"environment\": \"sandbox\", \"baseURL\": \"https://a\"}}", "api.environment",
                .contradiction
            ),
            ("{\"api\": {\"environment\": \"sandbox\", \"timeout\": \"5s\"}}", "api.timeout", .contradiction),
            ("{\"api\": {\"environment\": \"sandbox\", \"pingAfter\": \"999ms\"}}", "api.pingAfter", .contradiction),
            (
                "{\"api\": {\"environment\": \"sandbox\", \"connectionAge\": \"9s\"}}", "api.connectionAge",
                .contradiction
            ),
            ("{\"api\": {\"environment\": \"sandbox\", \"clientID\": \"a\"}}", "api.clientID", .contradiction),
            (
                "{\"api\": {\"environment\": \"sandbox\", \"clientSecret\": {\"file\": \"/s\"}}}", "api.clientSecret",
                .contradiction
            ),
            (
                "{\"api\": {\"environment\": \"sandbox\", \"proxyCredentials\": {\"file\": \"/s\"}}}",
                "api.proxyCredentials", .contradiction
            ),
            (
                "{\"api\": {\"environment\": \"sandbox\"}, \"web\": {\"tls\": {\"certificate\": \"/c\"}}}",
                "web.tls.certificate", .contradiction
            ),
            (
                "{\"api\": {\"environment\": \"sandbox\"}, \"web\": {\"tls\": {\"key\": {\"file\": \"/k\"}}}}",
                "web.tls.key", .contradiction
            ),
            ("{\"api\": {\"environment\": \"sandbox\"}, \"web\": {\"users\": \"a:b\"}}", "web.users", .inlineSecret),
            ("{\"api\": {\"environment\": \"sandbox\", \"clientID\": \"\"}}", "api.clientID", .badValue),
            ("{\"api\": {\"environment\": \"sandbox\", \"clientID\": \"Zo\u{EB}\"}}", "api.clientID", .badValue),
        ] as [(String, String, ConfigurationProblem.Kind)]
    )
    func `wants to know which API to call`(text: String, path: String, kind: ConfigurationProblem.Kind) {
        let problems = problems(text)
        #expect(problems.map(\.path) == [path])
        #expect(problems.map(\.kind) == [kind])
    }

    @Test func `sends a key that stands in the wrong section to its own`() {
        #expect(
            problems(file("\"schedule\": {\"concurrency\": 3}")).map(\.suggestion) == [
                "it belongs to limits.concurrency"
            ]
        )
    }

    @Test(arguments: [
        "\"store\": {\"key\": \"SECRET\"}", "\"store\": {\"key\": {\"credential\": \"SECRET/\"}}",
        "\"store\": {\"key\": {\"file\": \"SECRET\"}}", "\"store\": {\"key\": {\"SECRET\": 1}}",
        "\"api\": {\"clientID\": \"a\", \"clientSecret\": \"SECRET\"}",
        "\"api\": {\"proxy\": \"http://h:1\", \"proxyCredentials\": \"u:SECRET\"}",
        "\"api\": {\"proxy\": \"http://u:SECRET@h:1\"}", "\"api\": {\"baseURL\": \"https://SECRET@h\"}",
        "\"schedule\": {\"every\": \"SECRET\"}", "\"log\": {\"refreshed\": \"SECRET\"}",
        "\"token\": \"SECRET\"",
        "\"store\": {\"key\": SECRET}", "\"store\": {\"key\": \"SECRET}",
        "\"control\": {\"socket\": \"SECRET\"}",
    ])
    func `never repeats a secret`(rest: String) {
        let secret = String((0..<64).map { _ in "0123456789abcdef".randomElement() ?? "0" })
        for problem in problems("{\(rest.replacing("SECRET", with: secret))}") {
            #expect(!problem.description.contains(secret.prefix(16)), "\(rest)")
        }
    }
}
