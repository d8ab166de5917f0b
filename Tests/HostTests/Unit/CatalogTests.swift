import Foundation
import Host
import Testing

@Suite struct CatalogTests {
    private struct Entry {
        let id: String
        let headers: [String: String]
        let text: String
        let body: String
    }

    private static let path = "\(packageRoot)/systemd/bankrefreshd.catalog"

    private func entries() throws -> [Entry] {
        let lines = try String(contentsOfFile: Self.path, encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("#") }
        return lines.joined(separator: "\n").split(separator: "\n-- ").compactMap { part in
            let text = part.trimmingCharacters(in: .whitespacesAndNewlines)
            guard !text.isEmpty else { return nil }
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            let head = lines.dropFirst().prefix { !$0.isEmpty }
            let headers = head.map {
                $0.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            }
            return Entry(
                id: String(lines[0].trimmingPrefix("-- ")),
                headers: Dictionary(headers.map { ($0[0], $0[1]) }) { first, _ in first },
                text: text,
                body: lines.dropFirst(head.count + 1).joined(separator: "\n")
            )
        }
    }

    @Test func `explains every message id and no other`() throws {
        let ids = try entries().map(\.id)
        #expect(Set(ids) == Set(MessageID.allCases.map(\.rawValue)))
        #expect(ids.count == MessageID.allCases.count)
    }

    @Test(arguments: MessageID.allCases) func `ids are 128 bits in hexadecimal`(id: MessageID) {
        #expect(id.rawValue.count == 32)
        #expect(id.rawValue.allSatisfy { $0.isHexDigit && !$0.isUppercase })
    }

    @Test func `every entry has a subject, its origin and what to do`() throws {
        for entry in try entries() {
            #expect(entry.headers["Subject"]?.isEmpty == false, "\(entry.id)")
            #expect(entry.headers["Defined-By"] == "bankrefreshd", "\(entry.id)")
            #expect(entry.headers["Documentation"]?.contains(":") == true, "\(entry.id)")
            #expect(entry.body.contains(/[a-z]+ [a-z]+ [a-z]+/), "\(entry.id)")
        }
    }

    /// A field that an entry does not have would leave a hole in its text.
    @Test func `texts name only fields that every entry of their kind has`() throws {
        let samples = try Samples.events().map { JournalEntry($0, at: Samples.now) }
        for entry in try entries() {
            for match in entry.text.matches(of: /@([A-Z0-9_]+)@/) {
                let name = try #require(JournalFieldName(String(match.1)))
                #expect(JournalFieldName.known.contains(name), "\(entry.id) \(name.text)")
                for sample in samples where sample[.messageID] == entry.id {
                    #expect(sample[name] != nil, "\(entry.headers["Subject"] ?? ""): \(name.text)")
                }
            }
        }
    }

    @Test func `journalctl takes all of it`() throws {
        let root = try TemporaryDirectory()
        let folder = "\(root.path)/usr/lib/systemd/catalog"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try FileManager.default.createDirectory(
            atPath: "\(root.path)/var/lib/systemd/catalog",
            withIntermediateDirectories: true
        )
        try FileManager.default.copyItem(atPath: Self.path, toPath: "\(folder)/bankrefreshd.catalog")
        let update = try Tool("/usr/bin/journalctl", ["--root=\(root.path)", "--update-catalog"])
        #expect(update.status == 0)
        #expect(update.errors.isEmpty)
        let list = try Tool("/usr/bin/journalctl", ["--root=\(root.path)", "--list-catalog", "--no-pager"])
        for entry in try entries() {
            #expect(list.output.contains("\(entry.id) bankrefreshd: \(entry.headers["Subject"] ?? "")"))
        }
        #expect(list.output.split(separator: "\n").count == MessageID.allCases.count)
    }
}
