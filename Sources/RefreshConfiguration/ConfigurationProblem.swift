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
