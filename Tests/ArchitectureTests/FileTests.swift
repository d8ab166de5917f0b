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

    @Test func `half of the files have fewer than 100 lines`() throws {
        let lengths = try SourceTree.sources().map(\.lineCount).sorted()
        #expect(lengths[lengths.count / 2] < 100)
    }

    @Test func `a file is named after a type that it declares or extends`() throws {
        // Tests have files of functions too: those are free in their names.
        let tests = try SourceTree.tests().filter {
            !$0.matches(of: #"^(?:\w+[ \t]+)*(?:struct|class|enum|actor|protocol)\b"#).isEmpty
        }
        let files = try SourceTree.sources() + tests
        let misnamed = files.filter { !$0.isEmpty && $0.name != "main" && !Self.isWellNamed($0) }.map(\.path)
        #expect(misnamed.isEmpty)
    }

    @Test(arguments: [
        ("A.swift", "package struct A {}", true), ("A.swift", "struct B {}", false),
        ("A.swift", "// struct A {}\nlet a = 1", false),
        ("A.swift", "struct AB {}", false), ("A+Text.swift", "extension A {}", true),
        ("A+Text.swift", "extension B.A: C {}", true),
        ("A+Text.swift", "extension A.B {}", true), ("A+Text.swift", "extension B {}", false),
        ("A.swift", "actor A<B> {}", true),
    ])
    func `a name fits or does not`(path: String, text: String, fits: Bool) {
        #expect(Self.isWellNamed(SourceFile(path: path, text: text)) == fits)
    }

    private static func isWellNamed(_ file: SourceFile) -> Bool {
        let parts = file.name.split(separator: "+", maxSplits: 1)
        guard let first = parts.first else { return false }
        let type = NSRegularExpression.escapedPattern(for: String(first))
        let pattern =
            parts.count > 1
            ? #"\bextension\s+(?:\w+\.)*\#(type)\b"#
            : #"\b(?:struct|class|enum|actor|protocol|typealias|macro)\s+\#(type)\b"#
        return !file.matches(of: pattern).isEmpty
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
