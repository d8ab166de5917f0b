import Foundation

/// What the sources say of types and their properties, for the description of the API.
struct DocComments {
    /// By the name of the type with those it is nested in, and of the property: `StatusReport.learnedRate`.
    private(set) var texts: [String: String] = [:]

    init(of folders: [URL]) throws {
        for folder in folders {
            guard let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil) else {
                throw CocoaError(.fileReadNoSuchFile)
            }
            for case let file as URL in files where file.pathExtension == "swift" {
                read(try String(contentsOf: file, encoding: .utf8))
            }
        }
    }

    private mutating func read(_ source: String) {
        // The names of the types that a line is in, with how far each is indented.
        var types: [(indent: Int, name: String)] = []
        var comment: [String] = []
        for line in source.split(separator: "\n", omittingEmptySubsequences: false) {
            let indent = line.prefix { $0 == " " }.count
            let text = line.drop { $0 == " " }
            if text.hasPrefix("///") {
                comment.append(String(text.dropFirst(3)).trimmingCharacters(in: .whitespaces))
                continue
            }
            if text.isEmpty { continue }
            defer { comment = [] }
            types.removeAll { $0.indent >= indent }
            let words = text.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
            if let kind = words.firstIndex(where: { ["struct", "class", "enum", "extension"].contains($0) }),
                kind < 4, words.indices.contains(kind + 1), words[..<kind].allSatisfy(Self.modifiers.contains)
            {
                types.append((indent, words[kind + 1]))
                // An extension says something of itself.
                if words[kind] != "extension" { note(types.map(\.name), comment) }
            } else if words.first == "case", words.count > 1, !types.isEmpty {
                note(types.map(\.name) + [words[1]], comment)
            } else if let kind = words.firstIndex(where: { $0 == "let" || $0 == "var" }),
                kind < 4, words.indices.contains(kind + 1), words[..<kind].allSatisfy(Self.modifiers.contains)
            {
                note(types.map(\.name) + [words[kind + 1]], comment)
            }
        }
    }

    private static let modifiers: Set<String> = ["package", "private", "fileprivate", "final", "set", "indirect"]

    /// As programs that know no Swift take it.
    private mutating func note(_ names: [String], _ comment: [String]) {
        guard !comment.isEmpty else { return }
        var text = comment.map { $0.isEmpty ? "\n" : $0 }.joined(separator: " ")
        for (swift, plain) in [("Nil ", "Missing "), ("; nil ", "; missing "), (" \n ", "\n")] {
            text = text.replacingOccurrences(of: swift, with: plain)
        }
        texts[names.joined(separator: ".")] = text
    }
}
