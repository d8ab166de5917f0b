import RefreshCore

/// Which values may be repeated in a message.
enum ShownValue {
    /// The value as written; nil for what has no short form, and for texts that are long and neither path nor
    /// address: somebody may have put a token where a word or a time span belongs.
    static func text(of value: JSONValue) -> String? {
        switch value {
        case .array, .object: return nil
        case .null, .bool: return value.compactText
        case .number(let literal): return literal.count <= 24 ? literal : nil
        case .string(let text):
            let isPlace = text.hasPrefix("/") || text.contains("://")
            guard text.count <= (isPlace ? 200 : 24) else { return nil }
            // As it is: a blank at its end may be all that is wrong with it.
            let isPlain = !text.unicodeScalars.contains { $0.isControl && $0 != "\t" && $0 != "\n" && $0 != "\r" }
            return JSONValue.quoted(isPlain ? text : text.sanitized(limit: 200))
        }
    }
}
