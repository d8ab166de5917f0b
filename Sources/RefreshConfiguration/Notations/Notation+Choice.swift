extension Notation where Value: RawRepresentable<String> & CaseIterable {
    /// One of a few words.
    static var choice: Notation {
        let words = Value.allCases.map(\.rawValue)
        let list = words.map(JSONValue.quoted).joined(separator: " or ")
        return Notation(
            allowed: words.map { "`\"\($0)\"`" }.joined(separator: " or "),
            read: { (value) throws(Complaint) -> Value in
                guard case .string(let text) = value else { throw .wrongType(value, expected: list) }
                if let choice = Value(rawValue: text) { return choice }
                let near = NearestName.of(text, among: words)
                throw Complaint(.badValue, "not one of \(list)", near.map { "did you mean \"\($0)\"?" })
            },
            write: { .string($0.rawValue) }
        )
    }
}
