import Foundation

/// The package's own Swift files, found from where this file lies.
struct SourceTree {
    let root: URL

    /// The files of `Sources` and of `Tests`, read and scanned once.
    static func sources() throws -> [SourceFile] { try allSources.get() }
    static func tests() throws -> [SourceFile] { try allTests.get() }

    private static let allSources = Result { try SourceTree().files(in: "Sources") }
    private static let allTests = Result { try SourceTree().files(in: "Tests") }

    init(file: String = #filePath) {
        root = URL(fileURLWithPath: file).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
    }

    /// Every Swift file below a folder of the package, in order.
    private func files(in folder: String) throws -> [SourceFile] {
        let base = root.appendingPathComponent(folder)
        let paths = try FileManager.default.subpathsOfDirectory(atPath: base.path)
        return try paths.filter { $0.hasSuffix(".swift") }.sorted().map { path in
            let text = try String(contentsOf: base.appendingPathComponent(path), encoding: .utf8)
            return SourceFile(path: "\(folder)/\(path)", text: text)
        }
    }
}
