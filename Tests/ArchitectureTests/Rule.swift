import Testing

/// Something that code must not hold, as a pattern over code without comments and strings.
struct Rule: CustomTestStringConvertible {
    let name: String
    let pattern: String
    /// Code that breaks it, to show that the pattern finds something.
    let example: String
    /// Files that may break it, and why.
    var exemptions: [String: String] = [:]

    var testDescription: String { name }

    func violations(in files: [SourceFile]) -> [String] {
        files.filter { exemptions[$0.path] == nil }.flatMap { file in
            file.matches(of: pattern).map { "\(file.path): \($0[0])" }
        }
    }

    /// Exemptions that are needed no more.
    func idleExemptions(in files: [SourceFile]) -> [String] {
        exemptions.keys.filter { path in
            !files.contains { $0.path == path && !$0.matches(of: pattern).isEmpty }
        }
    }

    /// What no source file holds.
    static let everywhere = [
        Rule(
            name: "@unchecked Sendable",
            pattern: #"@unchecked\b"#,
            example: "final class A: @unchecked Sendable {}"
        ),
        Rule(
            name: "nonisolated(unsafe)",
            pattern: #"nonisolated\s*\(\s*unsafe"#,
            example: "nonisolated(unsafe) var a = 1",
            exemptions: [
                "Sources/RefreshCore/Token/WipedMemory.swift":
                    "a pointer to memory that is written before it is shared and only read then"
            ]
        ),
        Rule(name: "try!", pattern: #"\btry!"#, example: "let a = try! b()"),
        Rule(name: "as!", pattern: #"\bas\s*!"#, example: "let a = b as! Int"),
        Rule(name: "fatalError", pattern: #"\bfatalError\b"#, example: "fatalError()"),
        Rule(name: "force unwrap", pattern: #"[\w)\]}>\"]!(?!=)"#, example: #"print("\(a.first!.b)")"#),
        Rule(
            name: "Foundation as a whole",
            pattern: #"\bimport\s+Foundation\b"#,
            example: "import Foundation"
        ),
        Rule(
            name: "public",
            pattern: #"\b(?:public|open)\s+(?:func|var|let|struct|class|enum|actor|init|protocol)\b"#,
            example: "public struct A {}"
        ),
        // The service manager is systemd's own word for itself.
        Rule(
            name: "a name that says nothing",
            pattern:
                #"\b(?:struct|class|enum|actor|protocol|typealias)\s+(?!ServiceManager\b)\w*(?:Manager|Helpers?|Utils?|Utilities|Impl|Base)\b"#,
            example: "final class TokenManager {}"
        ),
    ]

    /// What the rules and the work over ports do not hold: time and chance are handed to them.
    static let pure = [
        Rule(name: "Date", pattern: #"\bDate\s*(?:\(|\.now)"#, example: "let a = Date.now"),
        Rule(
            name: "a clock of its own",
            pattern:
                #"\b(?:ContinuousClock|SuspendingClock)\s*(?:\(\s*\)|\.now)|\b(?:clock_gettime|gettimeofday|time)\s*\(\s*(?:nil|CLOCK|&)|\bDispatch\w*Time\.now"#,
            example: "let a = ContinuousClock().now"
        ),
        Rule(
            name: "a sleep on no clock",
            pattern: #"\bTask\s*\.\s*sleep\s*\((?!(?:[^()]|\([^()]*\))*clock:)"#,
            example: "try await Task.sleep(for: .seconds(1))"
        ),
        Rule(
            name: "chance of its own",
            pattern:
                #"\bSystemRandomNumberGenerator\b|\bUUID\s*\(\s*\)|\.(?:randomElement|shuffled|shuffle|random)\s*\(\s*\)"#,
            example: "let a = b.randomElement()"
        ),
        Rule(
            name: "a random number from no generator",
            pattern: #"\brandom\s*\(\s*in:(?!(?:[^()]|\((?:[^()]|\([^()]*\))*\))*using:)"#,
            example: "let a = Int.random(in: 0...f(1))"
        ),
        Rule(
            name: "an unstable hash",
            pattern: #"\bHasher\s*\(\s*\)|\.hashValue\b"#,
            example: "let a = b.hashValue"
        ),
    ]
}
