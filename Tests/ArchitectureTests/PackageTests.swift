import Foundation
import Testing

/// The packages say the version that the program says.
struct PackageTests {
    @Test func `the newest entry of debian/changelog is the version of the program`() throws {
        let changelog = try String(contentsOf: SourceTree().root.appending(path: "debian/changelog"), encoding: .utf8)
        let source = try String(
            contentsOf: SourceTree().root.appending(path: "Sources/bankrefreshd/Version.swift"), encoding: .utf8)
        let packaged = try #require(changelog.firstMatch(of: /^bankrefreshd \(([^)]+)\)/)).1
        let built = try #require(source.firstMatch(of: /"([0-9.]+)"/)).1
        #expect(packaged == built)
    }
}
