import Foundation
import Testing

/// What the documents say of the code is so.
struct DocumentTests {
    private static let documents = [
        "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/configuration.md",
        "docs/monitoring.md", "docs/operating.md", "docs/keys.md", "docs/backup.md", "docs/security.md",
        "docs/install.md", "docs/containers.md", "docs/postgresql.md", "docs/surprises.md",
    ]

    private func text(of document: String) throws -> String { try Document(document).text }
    private func quoted(_ cell: String) -> [String] { Document.quoted(cell) }

    @Test func `a refresh has at most seven stations, each a file to open`() throws {
        let stations = try Document("ARCHITECTURE.md").rows(of: "One refresh, from timer to journal")
        #expect((1...7).contains(stations.count))
        let files = stations.map { quoted($0[1]) }
        #expect(files.allSatisfy { $0.count == 1 && isFile($0[0]) }, "\(files)")
    }

    @Test func `ten tasks name the file to begin with, and all that they touch is there`() throws {
        let tasks = try Document("CONTRIBUTING.md").rows(of: "Where to begin")
        #expect(tasks.count >= 10)
        for task in tasks {
            #expect(quoted(task[1]).count == 1, "\(task[0])")
            #expect(quoted(task[1] + task[2]).filter { !isFile($0) } == [], "\(task[0])")
        }
    }

    /// A path from the root, or for Swift the end of one path below `Sources` or `Tests`.
    private func isFile(_ name: String) -> Bool {
        let root = SourceTree().root
        if FileManager.default.fileExists(atPath: root.appendingPathComponent(name).path) { return true }
        let files = ((try? SourceTree.sources()) ?? []) + ((try? SourceTree.tests()) ?? [])
        return files.count { $0.path.hasSuffix("/" + name) } == 1
    }

    @Test func `the page of surprises names scripts of findings that are there`() throws {
        let files = try FileManager.default.contentsOfDirectory(
            atPath: SourceTree().root.appendingPathComponent("findings").path)
        let scripts = Set(files.filter { $0.hasSuffix(".sh") }.map { String($0.dropLast(3)) })
        // A name of a finding has words; names of functions and options have no hyphen between letters, or begin with one.
        let named = Set(
            quoted(try text(of: "docs/surprises.md")).filter { $0.contains(/^[a-z0-9]+(-[a-z0-9]+){3,}$/) })
        #expect(named.count >= 10)
        #expect(named.subtracting(scripts).isEmpty)
    }

    @Test func `the tests that promises name are there`() throws {
        let named = try Document("ARCHITECTURE.md").rows(of: "What it promises").map { quoted($0[2]) }
        #expect(named.count >= 10)
        #expect(named.allSatisfy { !$0.isEmpty })
        let tests = try SourceTree.tests()
        let missing = named.joined().filter { name in !tests.contains { $0.text.contains("func `\(name)`(") } }
        #expect(missing.isEmpty)
    }

    /// The rows of the table in CONTRIBUTING.md that begins with this heading, by their first cell.
    private func testsNamed(under heading: String) throws -> [(promise: String, tests: [String])] {
        let lines = try text(of: "CONTRIBUTING.md").components(separatedBy: "\n")
        let table = lines.split(whereSeparator: { !$0.hasPrefix("|") }).first { $0.first == "| \(heading) | Test |" }
        return try #require(table).dropFirst(2).map { row in
            let cells = row.components(separatedBy: "|")
            return (cells[1].trimmingCharacters(in: .whitespaces), quoted(cells[2]))
        }
    }

    @Test(arguments: ["Question at night", "Security promise"])
    func `the tests behind the documents exist`(heading: String) throws {
        let named = try testsNamed(under: heading)
        #expect(named.count >= 16)
        #expect(named.allSatisfy { !$0.tests.isEmpty })
        let tests = try SourceTree.tests()
        let missing = named.flatMap(\.tests).filter { name in !tests.contains { $0.text.contains("func `\(name)`(") } }
        #expect(missing == [])
    }

    @Test func `every question at night has its command, its output and its tests`() throws {
        let rows = try Document("docs/operating.md").rows(of: "Questions at night")
        #expect(rows.map { $0[0] } == (try testsNamed(under: "Question at night").map(\.promise)))
        let page = try text(of: "docs/operating.md")
        for row in rows {
            let (question, command) = (row[0], quoted(row[1]))
            let part = try #require(
                page.components(separatedBy: "\n### \(question)\n").dropFirst().first, "\(question)")
            let answer = part.components(separatedBy: "\n##")[0]
            #expect(command.count == 1, "\(question)")
            #expect(command.allSatisfy { answer.contains("# \($0)\n") }, "\(question)")
        }
    }

    @Test(arguments: documents) func `every message id that is named is the journal's`(document: String) throws {
        let known = try String(
            contentsOf: SourceTree().root.appendingPathComponent("systemd/bankrefreshd.catalog"), encoding: .utf8)
        let ids = try text(of: document).components(separatedBy: "MESSAGE_ID=").dropFirst().map { $0.prefix(32) }
        #expect(ids.filter { !known.contains("-- \($0)\n") } == [])
    }

    @Test(arguments: documents) func `every link within the project leads somewhere`(document: String) throws {
        let folder = SourceTree().root.appendingPathComponent(document).deletingLastPathComponent()
        let links = try text(of: document).components(separatedBy: "](").dropFirst().compactMap {
            $0.components(separatedBy: ")").first
        }
        let dead = links.filter { link in
            !link.hasPrefix("https://")
                && !FileManager.default.fileExists(atPath: folder.appendingPathComponent(link).path)
        }
        #expect(dead.isEmpty)
    }

    @Test func `files that the documents name are there`() throws {
        for document in Self.documents {
            let files = quoted(try text(of: document)).filter { name in
                ["Sources/", "Tests/", "docs/", "systemd/", "scripts/", ".ci/"].contains { name.hasPrefix($0) }
                    && !name.contains("…")
            }
            let root = SourceTree().root
            let missing = files.filter {
                !FileManager.default.fileExists(atPath: root.appendingPathComponent($0).path)
            }
            #expect(missing.isEmpty, "\(document)")
        }
    }
}
