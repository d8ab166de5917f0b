/// A JSON value and its position in the file.
struct JSONNode: Equatable, Sendable {
    var value: JSONValue
    var position: TextPosition
}

enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    /// The number as written, so that no digit is lost before its range is known.
    case number(String)
    case string(String)
    case array([JSONNode])
    case object([JSONMember])

    /// An object that was not read from a file.
    static func object(_ members: [(key: String, value: JSONValue)]) -> JSONValue {
        .object(
            members.map {
                JSONMember(key: $0.key, position: .start, node: JSONNode(value: $0.value, position: .start))
            }
        )
    }

    static func number(_ value: Double) -> JSONValue {
        .number(Int(exactly: value).map(String.init) ?? String(value))
    }

    /// The name of the type, for people.
    var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .number: "a number"
        case .string: "a text"
        case .array: "a list"
        case .object: "an object"
        }
    }
}

struct JSONMember: Equatable, Sendable {
    var key: String
    /// The position of the key; the value has its own.
    var position: TextPosition
    var node: JSONNode
}

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

    /// The value for use in a sentence: texts without quotes, `none` for null.
    var plainText: String {
        switch self {
        case .null: "none"
        case .string(let text): text
        default: compactText
        }
    }

    /// The value as JSON for people: indented by two spaces, one member per line.
    var indentedText: String { indented(by: "") + "\n" }

    private func indented(by margin: String) -> String {
        guard case .object(let members) = self, !members.isEmpty else { return compactText }
        let inner = margin + "  "
        let lines = members.map { "\(inner)\(Self.quoted($0.key)): \($0.node.value.indented(by: inner))" }
        return "{\n" + lines.joined(separator: ",\n") + "\n\(margin)}"
    }

    /// A text in quotes, with everything escaped that JSON requires.
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
