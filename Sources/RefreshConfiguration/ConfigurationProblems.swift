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
