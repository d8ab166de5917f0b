import Foundation
import Testing

/// A page of the repository, and what its tables say.
struct Document {
    let text: String

    init(_ path: String) throws {
        text = try String(contentsOf: SourceTree().root.appendingPathComponent(path), encoding: .utf8)
    }

    /// The cells of every row of a section's tables, the heading and the line below it apart.
    func rows(of section: String) throws -> [[String]] {
        let parts = text.components(separatedBy: "\n## ")
        let part = try #require(parts.first { $0.hasPrefix(section + "\n") }, "there is no section \(section)")
        return part.components(separatedBy: "\n").filter { $0.hasPrefix("|") }.dropFirst(2).map {
            $0.components(separatedBy: "|").dropFirst().dropLast().map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    /// What stands between backticks.
    static func quoted(_ cell: String) -> [String] {
        cell.components(separatedBy: "`").enumerated().filter { !$0.offset.isMultiple(of: 2) }.map(\.element)
    }
}
