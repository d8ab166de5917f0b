/// The fields of one line of CSV, one after the other (RFC 4180, without line breaks inside a field).
struct CSVFields {
    private var rest: ArraySlice<UInt8>?

    init(_ line: ArraySlice<UInt8>) {
        rest = line
    }

    mutating func next() -> [UInt8]? {
        guard let line = rest else { return nil }
        guard line.first == UInt8(ascii: "\"") else {
            let field = line.prefix { $0 != UInt8(ascii: ",") }
            rest = field.endIndex == line.endIndex ? nil : line[(field.endIndex + 1)...]
            return Array(field)
        }
        var field: [UInt8] = []
        var index = line.startIndex + 1
        while index < line.endIndex {
            if line[index] == UInt8(ascii: "\"") {
                index += 1
                guard index < line.endIndex, line[index] == UInt8(ascii: "\"") else { break }
            }
            field.append(line[index])
            index += 1
        }
        rest = index < line.endIndex ? line[(index + 1)...] : nil
        return field
    }

    /// A field as it is written: in quotes when it needs them.
    static func quoted(_ text: String) -> [UInt8] {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") }) else {
            return Array(text.utf8)
        }
        let quote = UInt8(ascii: "\"")
        return [quote] + text.utf8.flatMap { $0 == quote ? [quote, quote] : [$0] } + [quote]
    }
}
