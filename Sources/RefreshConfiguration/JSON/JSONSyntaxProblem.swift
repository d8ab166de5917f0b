/// Why a text is not JSON, and where.
///
/// Holds nothing of the text, which may contain a secret.
struct JSONSyntaxProblem: Error, Equatable {
    enum Fault: Equatable {
        case ended(expected: String)
        case unexpected(expected: String)
        case comment
        case trailingComma
        case missingComma
        case missingColon
        case unquotedKey
        case unquotedText
        case singleQuotes
        case numberForm
        case numberWithUnit
        case unterminatedText
        case controlCharacter
        case escape
        case surrogate
        case tooDeep(limit: Int)
        case contentAfterEnd
    }

    let fault: Fault
    let position: TextPosition

    var reason: String {
        switch fault {
        case .ended(let expected): "the file ends where \(expected) is expected"
        case .unexpected(let expected): "\(expected) is expected here"
        case .comment: "JSON has no comments"
        case .trailingComma: "a comma with nothing after it"
        case .missingComma: "a comma is missing before this"
        case .missingColon: "a colon is missing between key and value"
        case .unquotedKey: "a key without quotes"
        case .unquotedText: "a text without quotes"
        case .singleQuotes: "single quotes"
        case .numberForm: "a number that JSON does not know"
        case .numberWithUnit: "a number with something behind it"
        case .unterminatedText: "a text without its closing quote"
        case .controlCharacter: "a tab or another control character in a text"
        case .escape: "a backslash with something JSON does not know"
        case .surrogate: "half of a \\u pair"
        case .tooDeep(let limit): "more than \(limit) levels of { and ["
        case .contentAfterEnd: "more text after the end of the configuration"
        }
    }

    var suggestion: String? {
        switch fault {
        case .ended: "close what was opened before: \", ] or }"
        case .unexpected, .missingComma, .missingColon: nil
        case .comment: "remove it; what each key does is in docs/configuration.md"
        case .trailingComma: "remove the comma"
        case .unquotedKey, .unquotedText, .singleQuotes: "put it in double quotes"
        case .numberForm: "write digits, with a point for fractions and no plus or leading zero"
        case .numberWithUnit: "put it in double quotes if it is a time span, such as \"90s\""
        case .unterminatedText: "close it with \" on the same line"
        case .controlCharacter: "write \\t for a tab, \\n for a line break"
        case .escape: "write \\\\ for a backslash itself"
        case .surrogate: "write the character itself"
        case .tooDeep: "no setting is that deep"
        case .contentAfterEnd: "keep one object { … } in the file"
        }
    }
}

/// A position in a text file: line and column, counted from 1; columns are Unicode scalars.
struct TextPosition: Hashable, Sendable {
    var line: Int
    var column: Int

    static let start = TextPosition(line: 1, column: 1)
}
