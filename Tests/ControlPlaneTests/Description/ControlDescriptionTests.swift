import Foundation
import Testing

@testable import ControlPlane

/// `docs/control-api.openapi.yaml` says what the operations are.
///
/// It is written anew with `BANKREFRESHD_REGENERATE=1 swift test --filter ControlDescriptionTests`.
struct ControlDescriptionTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    @Test func `the description is made from the operations`() throws {
        var description = try ControlDescription(root: Self.root)
        let expected = try description.text()
        let url = Self.root.appending(path: "docs/control-api.openapi.yaml")
        if ProcessInfo.processInfo.environment["BANKREFRESHD_REGENERATE"] == "1" {
            try expected.write(to: url, atomically: true, encoding: .utf8)
        }
        let written = try String(contentsOf: url, encoding: .utf8)
        #expect(
            written == expected, "out of date: BANKREFRESHD_REGENERATE=1 swift test --filter ControlDescriptionTests")
    }

    @Test func `every reference of the description leads somewhere`() throws {
        var description = try ControlDescription(root: Self.root)
        let text = try description.text()
        let names = Set(text.matches(of: /#\/components\/schemas\/(\w+)/).map { String($0.output.1) })
        let defined = Set(text.matches(of: /(?m)^    (\w+):$/).map { String($0.output.1) })
        #expect(names.count > 30)
        #expect(names.subtracting(defined) == [])
    }
}
