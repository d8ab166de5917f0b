/// The configuration as written: a JSON object whose values have positions, before their meaning is known.
package struct ConfigurationFile: Equatable, Sendable {
    /// Larger files are refused; a configuration is a few kilobytes.
    package static let largest = 1 << 20

    let root: JSONNode
    let duplicates: [ConfigurationProblem]

    /// Reads the bytes of a file.
    ///
    /// Throws if they are not JSON at all; keys and values are checked later.
    package init(bytes: [UInt8]) throws(ConfigurationProblems) {
        try Self.check(bytes)
        do {
            let (root, duplicates) = try JSONReader.read(bytes)
            self.root = root
            self.duplicates = duplicates.map {
                ConfigurationProblem(
                    .duplicateKey,
                    at: $0.path,
                    position: $0.position,
                    reason: "the key is given twice, first on line \($0.first.line)",
                    suggestion: "keep one of them"
                )
            }
        } catch {
            throw ConfigurationProblems(.syntax, position: error.position, error.reason, error.suggestion)
        }
    }

    package init(text: String) throws(ConfigurationProblems) {
        try self.init(bytes: Array(text.utf8))
    }

    private static func check(_ bytes: [UInt8]) throws(ConfigurationProblems) {
        let example = "begin with what bankrefreshd config example prints"
        if bytes.count > largest {
            throw ConfigurationProblems(.file, "the file is larger than 1 MiB", "check that it is the configuration")
        }
        if bytes.allSatisfy({ $0 == 0x20 || (0x09...0x0D).contains($0) }) {
            throw ConfigurationProblems(.file, "the file is empty", example)
        }
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            throw ConfigurationProblems(.file, "the file is UTF-16", "save it as UTF-8")
        }
        if let zero = bytes.firstIndex(of: 0) {
            throw ConfigurationProblems(
                .file, position: position(of: zero, in: bytes), "the file is not text", example)
        }
        if let invalid = invalidIndex(in: bytes) {
            throw ConfigurationProblems(
                .file, position: position(of: invalid, in: bytes), "the file is not UTF-8 here", "save it as UTF-8")
        }
    }

    private static func invalidIndex(in bytes: [UInt8]) -> Int? {
        do throws(UTF8.ValidationError) { _ = try UTF8Span(validating: bytes.span) } catch {
            return error.byteOffsets.lowerBound
        }
        return nil
    }

    private static func position(of index: Int, in bytes: [UInt8]) -> TextPosition {
        let before = bytes[..<index]
        let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        return TextPosition(
            line: before.count { $0 == 0x0A } + 1,
            column: before[lineStart...].count { $0 & 0xC0 != 0x80 } + 1
        )
    }
}
