/// Prints an array of JSON element by element, so that it is never whole in memory; laid out as `JSONText` does.
struct JSONArrayWriter {
    private var isEmpty = true

    mutating func write(_ element: some Encodable) throws {
        let lines = try JSONText.of(element).dropLast().split(separator: "\n", omittingEmptySubsequences: false)
        StandardOutput.write((isEmpty ? "[\n" : ",\n") + lines.map { "  \($0)" }.joined(separator: "\n"))
        isEmpty = false
    }

    mutating func end() {
        StandardOutput.write(isEmpty ? "[\n\n]\n" : "\n]\n")
    }
}
