import FoundationEssentials

/// What `--json` prints: keys in order, so that output can be compared.
enum JSONText {
    static func of(_ value: some Encodable) throws -> String {
        try text(value, [.prettyPrinted])
    }

    /// In one line, for documents that come one after the other.
    static func line(of value: some Encodable) throws -> String {
        try text(value, [])
    }

    private static func text(_ value: some Encodable, _ layout: JSONEncoder.OutputFormatting) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = layout.union([.sortedKeys, .withoutEscapingSlashes])
        return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
    }
}
