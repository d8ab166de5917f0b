import RefreshCore

/// Settings that are valid by themselves but not together.
struct Contradiction: Equatable {
    /// The settings involved, relative to the section of the rule; the one most likely wrong comes first.
    let paths: [SettingPath]
    let reason: String
    let suggestion: String

    init(_ paths: [SettingPath], _ reason: String, _ suggestion: String) {
        self.paths = paths
        self.reason = reason
        self.suggestion = suggestion
    }

    /// A rule of the form "the first must not be set without the second"; `example` is a value for the second.
    static func lone(
        _ first: (path: SettingPath, isSet: Bool),
        without second: (path: SettingPath, isSet: Bool),
        example: String? = nil
    ) -> Contradiction? {
        guard first.isSet, !second.isSet else { return nil }
        return Contradiction(
            [first.path, second.path],
            "\(first.path) is set and \(second.path) is not",
            "set \(second.path) too\(example.map { ", such as \($0)" } ?? ""), or omit both"
        )
    }

    /// A rule of the form "the first must not be longer than the second".
    static func longer(
        _ first: (path: SettingPath, value: Duration),
        than second: (path: SettingPath, value: Duration)
    ) -> Contradiction? {
        guard first.value > second.value else { return nil }
        return Contradiction(
            [first.path, second.path],
            "\(first.path) (\(first.value.text)) is longer than \(second.path) (\(second.value.text))",
            "lower \(first.path) to \(second.value.text), or raise \(second.path) to \(first.value.text)"
        )
    }
}
