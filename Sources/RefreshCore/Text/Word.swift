/// One of a few words, as text in JSON; any other is refused by the name of its field.
package protocol Word: RawRepresentable<String>, CaseIterable, Codable, Sendable {}

extension Word {
    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let word = Self(rawValue: text) else {
            throw FieldProblem(
                decoder.codingPath,
                "\"\(text.sanitized(limit: 40))\" is none of \(Self.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        self = word
    }
}
