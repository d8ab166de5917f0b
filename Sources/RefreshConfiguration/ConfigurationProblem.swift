/// One thing wrong with the configuration: where, what, and how to mend it.
///
/// Never holds a secret.
package struct ConfigurationProblem: Error, Equatable, Sendable, Codable {
    package enum Kind: String, Sendable, Codable {
        /// The file is missing, not readable, or no text.
        case file
        /// The text is no JSON.
        case syntax
        case duplicateKey
        case unknownKey
        case missingKey
        case wrongType
        case badValue
        case outOfRange
        /// Each value is fine, but not together.
        case contradiction
        /// A secret was written into the file.
        case inlineSecret
    }

    package let kind: Kind
    /// Such as `schedule.every`; empty for the file as a whole.
    package let path: String
    /// From 1; nil where the problem has no place in the text.
    package let line: Int?
    package let column: Int?
    /// The value as written; nil for objects, long texts and whatever may be a secret.
    package let value: String?
    package let reason: String
    package let suggestion: String?

    init(
        _ kind: Kind,
        at path: SettingPath = SettingPath(),
        position: TextPosition? = nil,
        value: String? = nil,
        reason: String,
        suggestion: String? = nil
    ) {
        self.kind = kind
        self.path = path.description
        line = position?.line
        column = position?.column
        self.value = value
        self.reason = reason
        self.suggestion = suggestion
    }
}

extension ConfigurationProblem: CustomStringConvertible {
    /// The problem on one line: `line 4, column 14: schedule.every is "5 minuts": not a time span; write "5m"`.
    package var description: String {
        let place = line.map { "line \($0), column \(column ?? 1): " } ?? ""
        return place + sentence
    }

    /// The problem as compilers print theirs: `/etc/bankrefreshd/config.json:4:14: …`.
    package func text(file: String) -> String {
        let place = line.map { ":\($0):\(column ?? 1)" } ?? ""
        return "\(file)\(place): \(sentence)"
    }

    private var sentence: String {
        let subject = path.isEmpty ? "" : value.map { "\(path) is \($0): " } ?? "\(path): "
        return subject + reason + (suggestion.map { "; \($0)" } ?? "")
    }
}

/// Everything that is wrong with a configuration, in the order of the file; at least one problem.
package struct ConfigurationProblems: Error, Equatable, Sendable {
    package let problems: [ConfigurationProblem]

    init(_ first: ConfigurationProblem, _ others: [ConfigurationProblem] = []) {
        problems = [first] + others
    }

    /// Nil when there is none.
    init?(_ problems: [ConfigurationProblem]) {
        guard !problems.isEmpty else { return nil }
        // The sort is stable: problems of one place stay in the order in which they were found.
        self.problems = problems.sorted { ($0.line ?? 0, $0.column ?? 0) < ($1.line ?? 0, $1.column ?? 0) }
    }

    /// The problems for people, one a line, under a line that counts them.
    package func text(file: String) -> String {
        let count = problems.count == 1 ? "1 problem" : "\(problems.count) problems"
        return ([count + " in \(file):"] + problems.map { $0.text(file: file) }).joined(separator: "\n")
            + "\n"
    }
}
