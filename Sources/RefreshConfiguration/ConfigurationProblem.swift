/// One problem of the configuration: where it is, what is wrong, and how to fix it.
///
/// Never holds a secret.
package struct ConfigurationProblem: Error, Equatable, Sendable, Codable {
    package enum Kind: String, Sendable, Codable {
        /// The file is missing, unreadable, or not text.
        case file
        case syntax
        case duplicateKey
        case unknownKey
        case missingKey
        case wrongType
        case badValue
        case outOfRange
        /// Each value is valid, but not the combination.
        case contradiction
        case inlineSecret
    }

    package let kind: Kind
    /// A path such as `schedule.every`; empty for the file as a whole.
    package let path: String
    /// Counted from 1; nil if the problem has no position in the text.
    package let line: Int?
    package let column: Int?
    /// The value as written; nil for objects, long texts and anything that may be a secret.
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

    /// The problem in the form of a compiler message: `/etc/bankrefreshd/config.json:4:14: …`.
    package func text(file: String) -> String {
        let place = line.map { ":\($0):\(column ?? 1)" } ?? ""
        return "\(file)\(place): \(sentence)"
    }

    private var sentence: String {
        let subject = path.isEmpty ? "" : value.map { "\(path) is \($0): " } ?? "\(path): "
        return subject + reason + (suggestion.map { "; \($0)" } ?? "")
    }
}

/// All problems of a configuration, in the order of the file; at least one.
package struct ConfigurationProblems: Error, Equatable, Sendable {
    package let problems: [ConfigurationProblem]

    /// One problem of the file as a whole.
    init(
        _ kind: ConfigurationProblem.Kind, position: TextPosition? = nil, _ reason: String, _ suggestion: String?
    ) {
        problems = [ConfigurationProblem(kind, position: position, reason: reason, suggestion: suggestion)]
    }

    /// Nil if there are none.
    init?(_ problems: [ConfigurationProblem]) {
        guard !problems.isEmpty else { return nil }
        // The sort is stable: problems at one position stay in the order in which they were found.
        self.problems = problems.sorted { ($0.line ?? 0, $0.column ?? 0) < ($1.line ?? 0, $1.column ?? 0) }
    }

    /// The problems for people, one per line, after a line with their number.
    package func text(file: String) -> String {
        let count = problems.count == 1 ? "1 problem" : "\(problems.count) problems"
        return ([count + " in \(file):"] + problems.map { $0.text(file: file) }).joined(separator: "\n")
            + "\n"
    }
}
