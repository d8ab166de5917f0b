import Foundation
import Testing

struct FileTests {
    /// Files that may be longer than 400 lines, and why.
    private static let longFiles: [String: String] = [:]

    @Test func `no file is longer than 400 lines without a reason`() throws {
        let files = try SourceTree.sources() + SourceTree.tests()
        let long = files.filter { $0.lineCount > 400 }.map(\.path)
        #expect(Set(long).subtracting(Self.longFiles.keys).isEmpty)
        #expect(Set(Self.longFiles.keys).subtracting(long).isEmpty, "an exception that is needed no more")
        #expect(Self.longFiles.values.allSatisfy { $0.count > 20 })
    }

    @Test func `a small type lives with its only user: few files are tiny`() throws {
        let lengths = try SourceTree.sources().map(\.lineCount).sorted()
        #expect((60...200).contains(lengths[lengths.count / 2]))
        #expect(lengths.count { $0 <= 25 } * 10 < lengths.count)
    }

    /// Words that promise later work or tell how the code came to be.
    private static let unfinished = [
        "TODO", "FIXME", "XXX", "HACK", "WIP", "TBD", "Lorem ipsum", "not implemented", "ChatGPT",
    ]

    @Test(arguments: unfinished)
    func `no file holds the word`(word: String) throws {
        // This folder names the words.
        let files =
            try SourceTree.sources()
            + SourceTree.tests().filter { !$0.path.hasPrefix("Tests/ArchitectureTests/") }
        let pattern = #"\b\#(NSRegularExpression.escapedPattern(for: word))\b"#
        let holding = files.filter { $0.text.range(of: pattern, options: .regularExpression) != nil }.map(
            \.path
        )
        #expect(holding.isEmpty)
    }

    @Test func `no file says where it was built`() throws {
        let files = try SourceTree.sources() + SourceTree.tests()
        let checkout = SourceTree().root.path
        #expect(files.filter { $0.text.contains(checkout + "/") }.map(\.path).isEmpty)
    }
}
