import FoundationEssentials

/// The output of `--json`: keys are sorted, so that outputs can be compared.
enum JSONText {
    static func of(_ value: some Encodable) throws -> String {
        try text(value, [.prettyPrinted])
    }

    /// On one line, for a sequence of documents.
    static func line(of value: some Encodable) throws -> String {
        try text(value, [])
    }

    private static func text(_ value: some Encodable, _ layout: JSONEncoder.OutputFormatting) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = layout.union([.sortedKeys, .withoutEscapingSlashes])
        return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
    }
}

/// Prints a JSON array element by element, one per line, so that it is never in memory as a whole.
struct JSONArrayWriter {
    private var isEmpty = true

    mutating func write(_ element: some Encodable) throws {
        write(lines: Array(try JSONText.line(of: element).utf8))
    }

    /// Adds elements that are already encoded, one per line.
    mutating func write(lines: [UInt8]) {
        var text: [UInt8] = []
        text.reserveCapacity(lines.count + lines.count / 64 + 4)
        for line in lines.split(separator: UInt8(ascii: "\n")) {
            text.append(contentsOf: isEmpty ? Self.first : Self.next)
            text.append(contentsOf: line)
            isEmpty = false
        }
        StandardOutput.write(text)
    }

    mutating func end() {
        StandardOutput.write(isEmpty ? "[\n\n]\n" : "\n]\n")
    }

    private static let first = Array("[\n  ".utf8)
    private static let next = Array(",\n  ".utf8)
}
