/// A part of a request that cannot be taken: where it stands, and what is wrong with it.
///
/// Never holds a token.
struct FieldProblem: Error, Equatable, CustomStringConvertible {
    /// `users[3].token`; empty for the whole.
    let field: String
    let reason: String

    init(field: String, _ reason: String) {
        self.field = field
        self.reason = reason
    }

    init(_ path: [any CodingKey], _ reason: String) {
        self.init(field: Self.text(path), reason)
    }

    /// The values that the decoder saw are left out: one of them may be a token.
    init(_ error: DecodingError) {
        switch error {
        case .keyNotFound(let key, let context): self.init(context.codingPath + [key], "missing")
        case .valueNotFound(_, let context): self.init(context.codingPath, "null is not allowed here")
        case .typeMismatch(let type, let context):
            self.init(context.codingPath, "not \(Self.name(of: type))")
        case .dataCorrupted(let context) where context.codingPath.isEmpty: self.init(field: "", "not JSON")
        case .dataCorrupted(let context): self.init(context.codingPath, "not understood")
        @unknown default: self.init(field: "", "not understood")
        }
    }

    var description: String {
        field.isEmpty ? "the body: \(reason)" : "\(field): \(reason)"
    }

    private static func text(_ path: [any CodingKey]) -> String {
        path.reduce(into: "") { text, key in
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
        }
    }

    private static func name(of type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a text"
        case is Bool.Type: "true or false"
        case is any Sequence.Type where !(type is [String: Any].Type): "a list"
        default: "an object"
        }
    }
}
