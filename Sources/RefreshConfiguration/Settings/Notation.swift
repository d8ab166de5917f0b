import RefreshCore

/// How values of one type are read from the file, checked, and written back.
struct Notation<Value: Sendable>: Sendable {
    /// The allowed values, for the reference: `time span, 1s to 366d`.
    let allowed: String
    let read: @Sendable (JSONValue) throws(Complaint) -> Value
    let write: @Sendable (Value) -> JSONValue

    /// The same notation, with `null` for no value.
    var orNull: Notation<Value?> {
        Notation<Value?>(
            allowed: "\(allowed); or `null`",
            read: { (value) throws(Complaint) -> Value? in value == .null ? nil : try read(value) },
            write: { $0.map(write) ?? .null }
        )
    }
}

extension Notation where Value: CustomStringConvertible {
    /// Values that the file has as text, such as `example`.
    static func text(
        allowed: String, example: String, read: @escaping @Sendable (String) throws(Complaint) -> Value
    ) -> Notation {
        Notation(
            allowed: allowed,
            read: { (value) throws(Complaint) -> Value in
                guard case .string(let text) = value else {
                    throw .wrongType(value, expected: "a text such as \"\(example)\"")
                }
                return try read(text)
            },
            write: { .string($0.description) }
        )
    }
}

extension Complaint {
    static func wrongType(_ value: JSONValue, expected: String, suggestion: String? = nil) -> Complaint {
        let advice = value == .null ? "omit the key for its default" : nil
        return Complaint(.wrongType, "\(expected) is expected, not \(value.typeName)", suggestion ?? advice)
    }
}

/// Decides which values a message may repeat.
enum ShownValue {
    /// The value as written; nil if it has no short form or may be a secret.
    ///
    /// A long text that is neither a path nor an address may be a token in the wrong place.
    static func text(of value: JSONValue) -> String? {
        switch value {
        case .array, .object: return nil
        case .null, .bool: return value.compactText
        case .number(let literal): return literal.count <= 24 ? literal : nil
        case .string(let text):
            let isPlace = text.hasPrefix("/") || text.contains("://")
            guard text.count <= (isPlace ? 200 : 24) else { return nil }
            // Unchanged: a trailing blank may be the only mistake.
            let isPlain = !text.unicodeScalars.contains { $0.isControl && $0 != "\t" && $0 != "\n" && $0 != "\r" }
            return JSONValue.quoted(isPlain ? text : text.sanitized(limit: 200))
        }
    }
}

/// Why a value is not accepted, before its position is known.
struct Complaint: Error, Equatable {
    let kind: ConfigurationProblem.Kind
    let reason: String
    let suggestion: String?
    /// Whether a message may repeat the value; false for anything that may be a secret.
    let showsValue: Bool

    init(
        _ kind: ConfigurationProblem.Kind,
        _ reason: String,
        _ suggestion: String? = nil,
        showsValue: Bool = true
    ) {
        self.kind = kind
        self.reason = reason
        self.suggestion = suggestion
        self.showsValue = showsValue
    }
}
