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
