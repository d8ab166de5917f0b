import RefreshCore
import Testing

@testable import RefreshConfiguration

struct NotationTests {
    private func read<Value>(_ notation: Notation<Value>, _ json: String) throws -> Value {
        try notation.read(try JSONReader.read(Array(json.utf8)).root.value)
    }

    private func complaint<Value>(_ notation: Notation<Value>, _ json: String) -> Complaint? {
        #expect(throws: Complaint.self) { _ = try read(notation, json) }
    }

    @Test(arguments: [
        ("\"5 minuts\"", "write \"5m\""), ("\"5 minutes\"", "write \"5m\""), ("\"24 Hours\"", "write \"1d\""),
        ("\"24H\"", "write \"1d\""), ("\"300\"", "write \"5m\""), ("300", "write \"5m\""),
        ("\"2w\"", "write \"14d\""),
        ("\"1 day, 2 hours\"", "write \"1d2h\""), ("\"90 secnods\"", "write \"1m30s\""),
        ("\"1.5 hr\"", "write \"1h30m\""),
    ])
    func `finds the time span that was meant`(json: String, suggestion: String) {
        #expect(complaint(.duration(.seconds(1) ... .days(30)), json)?.suggestion == suggestion)
    }

    @Test(arguments: [
        "\"soon\"", "\"\"", "\"5 parsecs\"", "\"-5m\"", "\"5m!\"", "\"1000 weeks\"", "\"5 month\"",
    ])
    func `guesses nothing where nothing is likely`(json: String) {
        let complaint = complaint(.duration(.seconds(1) ... .days(30)), json)
        #expect(complaint?.kind == .badValue)
        #expect(complaint?.suggestion?.hasPrefix("write numbers and units") == true)
    }

    @Test(
        arguments: [
            ("\"999ms\"", .outOfRange), ("\"31d\"", .outOfRange), ("true", .wrongType), ("null", .wrongType),
            ("[]", .wrongType),
            ("1e999", .wrongType),
        ] as [(String, ConfigurationProblem.Kind)]
    )
    func `keeps a time span in its range and type`(json: String, kind: ConfigurationProblem.Kind) throws {
        #expect(complaint(.duration(.seconds(1) ... .days(30)), json)?.kind == kind)
        #expect(try read(.duration(.seconds(1) ... .days(30)), "\"1s\"") == .seconds(1))
        #expect(try read(.duration(.seconds(1) ... .days(30)), "\"30d\"") == .days(30))
    }

    @Test(
        arguments: [
            ("0", .outOfRange, "the least is 1"), ("-3", .outOfRange, "the least is 1"),
            ("101", .outOfRange, "the most is 100"),
            ("1e400", .outOfRange, "the most is 100"),
            ("99999999999999999999", .outOfRange, "the most is 100"),
            ("2.5", .badValue, "write 3"), ("\"20\"", .wrongType, "write 20 without quotes"),
            ("\"many\"", .wrongType, nil),
            ("true", .wrongType, nil), ("null", .wrongType, "omit the key for its default"),
        ] as [(String, ConfigurationProblem.Kind, String?)]
    )
    func `refuses what is no count`(json: String, kind: ConfigurationProblem.Kind, suggestion: String?) {
        let complaint = complaint(.count(1...100), json)
        #expect(complaint?.kind == kind)
        #expect(complaint?.suggestion == suggestion)
    }

    @Test(arguments: [("1", 1), ("100", 100), ("2e1", 20), ("64.0", 64)])
    func `reads whole numbers however they are written`(json: String, count: Int) throws {
        #expect(try read(.count(1...100), json) == count)
    }

    @Test(arguments: [
        ("0", "the least is 0.001"), ("-1", "the least is 0.001"), ("10001", "the most is 10000"),
    ])
    func `keeps a number in its range`(json: String, suggestion: String) throws {
        #expect(complaint(.number(0.001...10_000), json)?.suggestion == suggestion)
        #expect(try read(.number(0.001...10_000), "0.5") == 0.5)
    }

    @Test func `offers the word that was meant`() {
        #expect(
            complaint(Notation<TightEnvironment>.choice, "\"Production\"")?.suggestion
                == "did you mean \"production\"?"
        )
        #expect(
            complaint(Notation<TightEnvironment>.choice, "\"prodcution\"")?.suggestion
                == "did you mean \"production\"?"
        )
        #expect(complaint(Notation<TightEnvironment>.choice, "\"live\"")?.suggestion == nil)
        #expect(complaint(Notation<TightEnvironment>.choice, "1")?.kind == .wrongType)
    }

    @Test(arguments: [
        "\"\"", "\"a/b\"", "\"~/a\"", "\"/a/\"", "\"/a\\u0000b\"", "\"/a\\nb\"", "\"/a\\u202eb\"", "1",
        "\"/1234567890\"",
    ])
    func `refuses what is no absolute path of a file`(json: String) {
        #expect(complaint(.filePath(longest: 10), json) != nil)
    }

    @Test func `takes a directory with a slash at its end and without`() throws {
        #expect(try read(.directoryPath, "\"/a/b\"") == "/a/b")
        #expect(try read(.directoryPath, "\"/a/b//\"") == "/a/b")
        for json in ["\"\"", "\"/\"", "\"a/\"", "\"~/a\"", "1"] { #expect(complaint(.directoryPath, json) != nil) }
    }

    @Test(
        arguments: [
            ("\"secret\"", .inlineSecret), ("5", .wrongType), ("null", .wrongType), ("[]", .wrongType),
            ("{}", .badValue),
            ("{\"credential\": \"a\", \"file\": \"/b\"}", .badValue),
            ("{\"value\": \"secret\"}", .unknownKey),
            ("{\"secret\": 1}", .wrongType), ("{\"credential\": 1}", .wrongType),
            ("{\"credential\": \"../secret\"}", .badValue),
            ("{\"credential\": \"\"}", .badValue), ("{\"credential\": \"..\"}", .badValue),
            ("{\"file\": \"secret\"}", .badValue),
        ] as [(String, ConfigurationProblem.Kind)]
    )
    func `refuses what is no reference to a secret, and repeats nothing of it`(
        json: String,
        kind: ConfigurationProblem.Kind
    ) {
        let complaint = complaint(.secret, json)
        #expect(complaint?.kind == kind)
        #expect(complaint?.showsValue == false)
    }

    @Test func `reads references to secrets`() throws {
        #expect(try read(.secret, "{\"credential\": \"store-key\"}") == .credential("store-key"))
        #expect(try read(.secret, "{\"file\": \"/etc/k\"}") == .file("/etc/k"))
    }

    @Test(
        arguments: [
            ("minimum_interval", "minimumInterval"), ("EVERY", "every"), ("evrey", "every"),
            ("ever", "every"),
            ("attemptPerDay", "attemptsPerDay"), ("interval", nil), ("", nil), ("x", nil), ("attempts", nil),
        ] as [(String, String?)]
    )
    func `finds the nearest name, or none`(name: String, nearest: String?) {
        #expect(NearestName.of(name, among: ["every", "minimumInterval", "attemptsPerDay"]) == nearest)
    }

    @Test(arguments: [
        ("12", 12, 12), ("{\"min\": 2, \"max\": 30}", 2, 30), ("{\"max\": 3}", 3, 3), ("{\"max\": 40}", 4, 40),
        ("{\"min\": 300}", 300, 300), ("{}", 4, 256), ("{\"min\": 9, \"max\": 9}", 9, 9),
    ])
    func `reads a fixed concurrency, or its bounds`(json: String, min: Int, max: Int) throws {
        let policy = try read(.concurrency(1...10_000), json)
        #expect(policy == ConcurrencyLimit.Policy(min: min, max: max))
        let written = Notation.concurrency(1...10_000).write(policy).compactText
        #expect(try read(.concurrency(1...10_000), written) == policy)
    }

    @Test(
        arguments: [
            ("0", .outOfRange, "the least is 1"), ("\"64\"", .wrongType, "write 64 without quotes"),
            ("{\"min\": 0}", .outOfRange, "the least is 1"), ("{\"max\": 2.5}", .badValue, "write 3"),
            ("{\"mni\": 1}", .unknownKey, "did you mean \"min\"?"),
            ("{\"min\": 9, \"max\": 8}", .contradiction, "lower min to 8, or raise max to 9"),
        ] as [(String, ConfigurationProblem.Kind, String)]
    )
    func `refuses what is no concurrency`(json: String, kind: ConfigurationProblem.Kind, suggestion: String) {
        let complaint = complaint(.concurrency(1...10_000), json)
        #expect(complaint?.kind == kind)
        #expect(complaint?.suggestion == suggestion)
    }
}
