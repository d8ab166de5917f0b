import Foundation
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HelpTests {
    @Test(arguments: [
        ("run", "bankrefreshd run --config ./config.json"),
        ("reload", "bankrefreshd check-config && bankrefreshd reload"),
        ("check-config", "bankrefreshd check-config --config ./config.json --json"),
        ("config dump", "bankrefreshd config dump --json | jq .configuration.schedule"),
        ("config example", "bankrefreshd config example > /etc/bankrefreshd/config.json"),
        ("users add", "bankrefreshd users add alice < token.txt"),
        (
            "users import",
            "psql --csv -c 'select user_id, access_token from tokens' | bankrefreshd users import -"
        ),
        ("users list", "bankrefreshd users list --state parked"),
        ("users show", "bankrefreshd users show alice"),
        ("users sync", "bankrefreshd users sync users.csv --dry-run"),
        ("users remove", "bankrefreshd users remove --file gone.txt"),
        ("users group", "bankrefreshd users group gold --file gold.txt"),
        ("users rename", "bankrefreshd users rename alice alice@example.com"),
        ("users pause", "bankrefreshd users pause alice --for 4h"),
        ("users resume", "bankrefreshd users resume alice bob"),
        ("users export", "bankrefreshd users export --all > users.ndjson"),
        ("refresh", "bankrefreshd refresh --group trial --no-wait"),
        ("pause", "bankrefreshd pause --for 4h --reason \"the bank asked us to, ticket 4711\""),
        ("resume", "bankrefreshd resume"),
        ("plan", "bankrefreshd plan --users 1000000 --latency 20s"),
        ("status", "bankrefreshd status --json | jq .parked"),
        ("health", "HEALTHCHECK CMD [\"bankrefreshd\", \"health\"]"),
        ("history", "bankrefreshd history alice --since 7d --outcome rejected"),
        ("tokens export", "bankrefreshd tokens export /root/tokens.ndjson"),
        ("support bundle", "bankrefreshd support bundle - | age -r RECIPIENT > bundle.tar.age"),
        ("store compact", "bankrefreshd store compact"),
        ("store copy", "bankrefreshd store copy --from /etc/bankrefreshd/file.json"),
        ("store reopen", "bankrefreshd store reopen"),
        ("key generate", "bankrefreshd key generate /etc/bankrefreshd/store-key"),
    ])
    func `the help of a command says what it does, with an example on a line of its own`(
        command: String, example: String
    ) async throws {
        try await Workplace.with { place in
            let words = command.split(separator: " ").map(String.init)
            let help = try await place.start(words + ["--help"], environment: ["COLUMNS": "100"]).result()
            #expect(help.status == 0)
            #expect(help.output.hasPrefix("OVERVIEW: "))
            #expect(help.output.split(separator: "\n").contains("  \(example)"))
            #expect(help.output.contains("USAGE: bankrefreshd \(command)"))
            #expect(help.errors.isEmpty)
        }
    }

    @Test(arguments: [
        (["bogus"], "bogus"), (["status", "--bogus"], "--bogus"), (["users", "bogus"], "bogus"),
        (["users", "add"], "<id>"), (["users", "show"], "<id>"), (["refresh"], "--all"),
        (["refresh", "--all", "alice"], "--all"), (["refresh", "--all", "--group", "a"], "--group"),
        (["refresh", "a", "--force", "--no-wait"], "--force needs --wait"),
        (["users", "list", "--state", "bogus"], "backing-off"),
        (["users", "list", "--outcome", "bogus"], "unauthorized"), (["users", "list", "--limit", "0"], "at least 1"),
        (["users", "list", "--sort", "age"], "last-success"), (["users", "list", "--stale", "2"], "90m, 4h or 7d"),
        (["users", "list", "--sort", "due", "--limit", "10001"], "at most 10000"),
        (["users", "import", "-", "--format", "xml"], "ndjson"), (["users", "pause", "a", "--for", "soon"], "90m, 4h"),
        (["users", "add", "a", "--expires-at", "soon"], "2027-01-31T12:00:00Z"), (["status", "--config", ""], "empty"),
    ])
    func `a command line that cannot be is a usage error that names what is wrong`(
        arguments: [String], named: String
    ) async throws {
        try await Workplace.with { place in
            let result = try await place.start(arguments).result()
            #expect(result.status == 64)
            #expect(result.errors.contains(named))
            #expect(result.output.isEmpty)
        }
    }

    @Test func `it tells its version, and its commands and exit codes when asked nothing`() async throws {
        try await Workplace.with { place in
            let version = try await place.run("--version")
            #expect(version.status == 0)
            #expect(version.output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
            let nothing = try await place.run()
            #expect(nothing.status == 0)
            for word in ["check-config", "users", "refresh", "69 daemon", "BANKREFRESHD_CONFIG"] {
                #expect(nothing.output.contains(word))
            }
        }
    }
}
