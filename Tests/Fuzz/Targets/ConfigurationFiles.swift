@testable import RefreshCore
@testable import RefreshConfiguration

extension FuzzTarget {
    /// Files of configuration: what is read means the same when it is written again, and what is refused is refused with a
    /// place and without a secret.
    static let configuration = FuzzTarget("configuration", longest: 4_096) { input throws(Finding) in
        let file: ConfigurationFile
        let read: Configuration
        do throws(ConfigurationProblems) {
            file = try ConfigurationFile(bytes: input)
            read = try Configuration(file)
        } catch {
            return try check(error, in: input)
        }
        let again = try obtain("what was read is read again once it is written") { try Configuration(text: read.text) }
        try require(again == read, "written again it means something else")
        let effective = try obtain("what was read can be in force") { try EffectiveConfiguration(file) }
        try require(effective.configuration == read, "what is in force is something else")
        try require(read.changes(from: read).isEmpty, "it differs from itself")
        for entry in effective.entries {
            try require(entry.value.isPlainLine && !entry.path.isEmpty, "no line for a terminal: \(entry)")
        }
        _ = effective.json(file: "config.json")
        _ = read.warnings
    }

    private static func check(_ problems: ConfigurationProblems, in input: [UInt8]) throws(Finding) {
        try require(!problems.problems.isEmpty, "refused without a reason")
        let lines = input.count { $0 == 0x0A } + 1
        for problem in problems.problems {
            try require(!problem.reason.isEmpty && problem.description.isPlainLine, "no line: \(problem)")
            try require((1...lines).contains(problem.line ?? 1) && problem.column ?? 1 > 0, "no such place: \(problem)")
            // Of a file that is no text, or too large, there is no place to tell.
            try require(problem.kind == .file || problem.line != nil, "no place: \(problem)")
            guard problem.kind == .inlineSecret else { continue }
            try require(problem.value == nil, "a secret is shown: \(problem)")
            try MadeUp.require(MadeUp.token, isHiddenIn: problem, "a problem with a secret")
        }
    }

    /// Compiled time zones, and rules of them.
    static let zones = FuzzTarget("zones", longest: 2_048) { input throws(Finding) in
        let rules: ZoneRules
        do throws(ZoneFile.Fault) { rules = try ZoneFile(bytes: input).rules(name: "Made/Up") } catch {
            return try require(!error.text.isEmpty && error.text.isPlainLine, "no line: \(error.text)")
        }
        for year in [-1, 1_970, 2_026, 2_100, 9_999] as [Int64] {
            for month in [1, 7] as [Int64] {
                let midnight = CivilDay.day(year: year, month: month, dayOfMonth: 1) * 86_400
                let offset = rules.offset(at: Timestamp(secondsSinceEpoch: midnight))
                try require(ZoneRules.offsets.contains(offset), "an offset of \(offset) s")
                try check(rules, local: midnight)
            }
        }
    }

    private static func check(_ rules: ZoneRules, local: Int64) throws(Finding) {
        func shown(_ moment: Int64) -> Int64 { moment + rules.offset(at: Timestamp(secondsSinceEpoch: moment)) }
        let first = rules.firstMoment(showing: local)
        try require(shown(first) >= local, "the clock shows less")
        try require(shown(first - 1) < local, "the clock shows it before")
        let window = local..<local + 7_200
        // At some moments of a span, its first and last ones among them.
        func shows(_ inside: Bool, throughout span: Range<Int64>) -> Bool {
            let moments = stride(from: span.lowerBound, to: span.upperBound, by: span.count / 32 + 1)
            return (Array(moments) + [span.upperBound - 1].filter(span.contains)).allSatisfy {
                window.contains(shown($0)) == inside
            }
        }
        var past = first
        for span in rules.spans(showing: window) {
            try require(!span.isEmpty && span.lowerBound >= past, "an empty span, or one out of order")
            try require(shows(false, throughout: past..<span.lowerBound), "a moment within the window is left out")
            try require(shows(true, throughout: span), "a moment outside the window")
            past = span.upperBound
        }
        let end = max(past, rules.firstMoment(showing: window.upperBound))
        try require(shows(false, throughout: past..<end), "a moment within the window is left out")
    }
}
