import Foundation

/// One Swift file, as written and as code alone.
struct SourceFile {
    /// From the package's root: `Sources/RefreshCore/User/UserID.swift`.
    let path: String
    let text: String
    /// The text without comments and without what string literals say; line breaks and interpolated code stay.
    let code: String

    init(path: String, text: String) {
        self.path = path
        self.text = text
        code = CodeScanner.code(of: text)
    }

    var name: String { String(path.split(separator: "/").last?.dropLast(6) ?? "") }
    var lineCount: Int { text.split(separator: "\n", omittingEmptySubsequences: false).count - 1 }
    var isEmpty: Bool { code.allSatisfy(\.isWhitespace) }

    /// The modules that the file imports.
    var imports: [String] {
        let pattern =
            #"^[ \t]*(?:@\w+(?:\([^)]*\))?\s+)*(?:\w+\s+)?import\s+"#
            + #"(?:(?:struct|class|enum|protocol|typealias|func|let|var|actor)\s+)?(\w+)"#
        return matches(of: pattern).compactMap(\.last)
    }

    /// What a pattern finds in the code: for each place the whole, then its groups.
    func matches(of pattern: String) -> [[String]] {
        guard let expression = try? NSRegularExpression(pattern: pattern, options: [.anchorsMatchLines])
        else {
            preconditionFailure("not a pattern: \(pattern)")
        }
        let whole = NSRange(code.startIndex..., in: code)
        return expression.matches(in: code, range: whole).map { match in
            (0..<match.numberOfRanges).map { group in
                Range(match.range(at: group), in: code).map { String(code[$0]) } ?? ""
            }
        }
    }
}
