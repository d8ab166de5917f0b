import Foundation
import RefreshCore
import Testing

@testable import RefreshConfiguration

/// `config.example.json` and `docs/configuration.md` say what the tables say.
///
/// Both are written anew with `BANKREFRESHD_REGENERATE=1 swift test --filter ConfigurationDocumentsTests`.
struct ConfigurationDocumentsTests {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private func document(_ name: String, expected: String) throws -> String {
        let url = Self.root.appending(path: name)
        if ProcessInfo.processInfo.environment["BANKREFRESHD_REGENERATE"] == "1" {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try expected.write(to: url, atomically: true, encoding: .utf8)
        }
        return try String(contentsOf: url, encoding: .utf8)
    }

    private static let advice: Comment =
        "out of date: BANKREFRESHD_REGENERATE=1 swift test --filter ConfigurationDocumentsTests"

    @Test func `the example shows every key with its default`() throws {
        let text = try document("config.example.json", expected: Configuration.default.text)
        #expect(try Configuration(text: text) == .default, Self.advice)
        var shown: Set<String> = []
        func collect(_ node: JSONNode, at path: SettingPath, by settings: [Setting<Configuration>]) {
            guard case .object(let members) = node.value else { return }
            for member in members {
                let path = path.appending(member.key)
                if let setting = settings.first(where: { $0.name == member.key }),
                    case .section(let inner) = setting.content
                {
                    collect(member.node, at: path, by: inner)
                } else {
                    shown.insert(path.description)
                }
            }
        }
        collect(try ConfigurationFile(text: text).root, at: SettingPath(), by: Configuration.table)
        let known = Configuration.table.flatMap { $0.leaves() }.map(\.path.description) + ["groups"]
        #expect(shown == Set(known), Self.advice)
    }

    @Test func `the reference is what the tables say`() throws {
        let text = try document("docs/configuration.md", expected: ConfigurationReference.markdown)
        #expect(text == ConfigurationReference.markdown, Self.advice)
    }

    @Test func `the reference names every key once, and its example of groups can be read`() throws {
        let rows = ConfigurationReference.markdown.split(separator: "\n").filter { $0.hasPrefix("| `") }
        #expect(rows.count == Configuration.table.flatMap { $0.leaves() }.count)
        #expect(rows.allSatisfy { $0.split(separator: "|").count == 5 })
        let text = "{\"api\": {\"environment\": \"sandbox\"}, \(ConfigurationReference.groupExample)}"
        #expect(try Configuration(text: text).groups.count == 3)
    }

    @Test func `every default is one that may be written`() throws {
        for leaf in Configuration.table.flatMap({ $0.leaves() }) {
            var configuration = Configuration()
            let written = leaf.value.write(.default)
            #expect(throws: Never.self, "\(leaf.path)") { try leaf.value.read(written, &configuration) }
            #expect(leaf.value.write(configuration) == written, "\(leaf.path)")
        }
    }

    @Test func `every key has a name, a place and a sentence of its own`() {
        let leaves = Configuration.table.flatMap { $0.leaves() }
        #expect(Set(leaves.map(\.path)).count == leaves.count)
        #expect(
            leaves.allSatisfy {
                $0.setting.documentation.hasSuffix(".") && !$0.setting.documentation.contains("|")
            }
        )
    }
}
