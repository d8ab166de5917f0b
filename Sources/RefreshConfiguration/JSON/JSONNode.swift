/// A JSON value and where in the file it begins.
struct JSONNode: Equatable, Sendable {
    var value: JSONValue
    var position: TextPosition
}

enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    /// The number as it was written, so that nothing is lost before its range is known.
    case number(String)
    case string(String)
    case array([JSONNode])
    case object([JSONMember])

    /// An object that was made, not read.
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

    /// What a person calls the type.
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
    /// Where the key is; the value has its own place.
    var position: TextPosition
    var node: JSONNode
}
