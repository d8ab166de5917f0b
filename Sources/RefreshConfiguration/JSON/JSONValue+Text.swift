extension JSONValue {
    /// The value as JSON on one line.
    var compactText: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .number(let literal): literal
        case .string(let text): Self.quoted(text)
        case .array(let nodes): "[" + nodes.map(\.value.compactText).joined(separator: ", ") + "]"
        case .object(let members):
            "{"
                + members.map { "\(Self.quoted($0.key)): \($0.node.value.compactText)" }.joined(
                    separator: ", "
                ) + "}"
        }
    }

    /// The value for a sentence: texts without quotes, `none` for null.
    var plainText: String {
        switch self {
        case .null: "none"
        case .string(let text): text
        default: compactText
        }
    }

    /// The value as JSON for people: two spaces a level, one member a line.
    var indentedText: String { indented(by: "") + "\n" }

    private func indented(by margin: String) -> String {
        guard case .object(let members) = self, !members.isEmpty else { return compactText }
        let inner = margin + "  "
        let lines = members.map { "\(inner)\(Self.quoted($0.key)): \($0.node.value.indented(by: inner))" }
        return "{\n" + lines.joined(separator: ",\n") + "\n\(margin)}"
    }

    /// A text in quotes, what JSON does not allow in it escaped.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
