/// The bytes of an input, taken one part after the other; parts that are not there are empty or zero.
struct FuzzInput {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    var isEmpty: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 {
        rest.popFirst() ?? 0
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    /// As many bytes as the first of them says.
    mutating func part() -> [UInt8] {
        bytes(Int(byte()))
    }

    /// What comes before the next line feed, or all of it.
    mutating func line() -> [UInt8] {
        let line = rest.prefix { $0 != UInt8(ascii: "\n") }
        rest = rest.dropFirst(line.count + 1)
        return Array(line)
    }

    mutating func lineText() -> String {
        String(decoding: line(), as: UTF8.self)
    }
}

/// Secrets for the inputs, which are those of nobody: whatever is said of an input must not hold one.
enum MadeUp {
    static let token = "fuzz.token.made-up.0001"
    static let refreshToken = "fuzz.refresh.made-up.0002"
    static let clientSecret = "fuzz secret/made-up&0003"

    /// Throws a finding if any way of printing the value shows the secret.
    static func require(_ secret: String, isHiddenIn value: Any, _ what: String) throws(Finding) {
        var dumped = ""
        dump(value, to: &dumped)
        for text in ["\(value)", String(reflecting: value), dumped] where text.contains(secret) {
            throw Finding(description: "\(what) shows a secret: \(text)")
        }
    }
}

extension String {
    /// The text as a field of CSV.
    var quotedForCSV: [UInt8] {
        // Byte by byte: with a mark on it a quote is another character.
        [0x22] + utf8.flatMap { $0 == 0x22 ? [0x22, 0x22] : [$0] } + [0x22]
    }

    /// Whether it is fit for one line of a terminal or log.
    var isPlainLine: Bool { !unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) } }
}
