/// How values of one type are written in the file: read, checked, and written back.
struct Notation<Value: Sendable>: Sendable {
    /// What may be written, for the reference: `time span, 1s to 366d`.
    let allowed: String
    let read: @Sendable (JSONValue) throws(Complaint) -> Value
    let write: @Sendable (Value) -> JSONValue

    init(
        allowed: String,
        read: @escaping @Sendable (JSONValue) throws(Complaint) -> Value,
        write: @escaping @Sendable (Value) -> JSONValue
    ) {
        self.allowed = allowed
        self.read = read
        self.write = write
    }

    /// The same, with `null` for none.
    var orNull: Notation<Value?> {
        Notation<Value?>(
            allowed: "\(allowed); or `null`",
            read: { (value) throws(Complaint) -> Value? in value == .null ? nil : try read(value) },
            write: { $0.map(write) ?? .null }
        )
    }

    /// The text of a value that must be one.
    static func text(_ value: JSONValue, example: String) throws(Complaint) -> String {
        guard case .string(let text) = value else {
            throw .wrongType(value, expected: "a text such as \(example)")
        }
        return text
    }
}

extension Complaint {
    static func wrongType(_ value: JSONValue, expected: String, suggestion: String? = nil) -> Complaint {
        let advice = value == .null ? "omit the key for its default" : nil
        return Complaint(.wrongType, "\(expected) is expected, not \(value.typeName)", suggestion ?? advice)
    }
}
