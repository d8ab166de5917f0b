import RefreshCore

extension Decoder {
    /// Refuses an object with a key that is none of `known`: a misspelt `until` must not become a pause without an end.
    func refuseUnknownKeys<Key: CodingKey & CaseIterable>(_ known: Key.Type) throws {
        let keys = try container(keyedBy: AnyKey.self).allKeys
        let names = Key.allCases.map(\.stringValue)
        guard let stranger = keys.map(\.stringValue).filter({ !names.contains($0) }).min() else { return }
        // The key is text from outside: cut, and without anything that acts on a terminal.
        throw FieldProblem(
            codingPath,
            "unknown key \"\(stranger.sanitized(limit: 40))\"; known are \(names.joined(separator: ", "))"
        )
    }
}

/// Any key at all, to see which ones an object has.
private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) {
        self.stringValue = stringValue
    }

    init?(intValue: Int) { nil }
}
