import Foundation
import Testing

/// A program that was built beside these tests.
enum Program: String {
    case bankrefreshd
    case tightSandbox = "tight-sandbox"

    /// The environment may name another build: `BANKREFRESHD_BINARY`, `TIGHT_SANDBOX_BINARY`.
    func path() throws -> String {
        let variable = self == .bankrefreshd ? "BANKREFRESHD_BINARY" : "TIGHT_SANDBOX_BINARY"
        if let named = ProcessInfo.processInfo.environment[variable] { return named }
        let checkout = (0..<4).reduce(URL(filePath: #filePath)) { url, _ in url.deletingLastPathComponent() }
        let bundles = CommandLine.arguments.filter { $0.hasSuffix(".xctest") }
        let directories =
            bundles.map { URL(filePath: $0).deletingLastPathComponent() } + [checkout.appending(path: ".build/debug")]
        let programs = directories.map { $0.appending(path: rawValue).path() }
        let found = programs.first { FileManager.default.isExecutableFile(atPath: $0) }
        return try #require(found, "\(rawValue) is not built beside the tests, nor named by \(variable)")
    }
}
