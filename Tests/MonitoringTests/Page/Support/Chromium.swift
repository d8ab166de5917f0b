import Foundation
import Testing

/// Chromium without a window, from the Debian package `chromium-headless-shell`.
struct Chromium {
    private static let path = "/usr/bin/chromium-headless-shell"

    let output: String
    /// What the browser itself logs; the page's console is in it.
    let errors: String
    let screenshot: Data?

    /// Loads a page, lets its script run for some virtual seconds, and ends.
    init(loading url: String, width: Int = 1_200, height: Int = 1_400, isDark: Bool = false)
        async throws
    {
        try #require(
            FileManager.default.isExecutableFile(atPath: Self.path), "there is no \(Self.path): make setup installs it")
        let directory = FileManager.default.temporaryDirectory.appending(path: "page-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let common = [
            "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
            "--user-data-dir=\(directory.path())profile", "--enable-logging=stderr", "--v=0",
            "--window-size=\(width),\(height)", "--virtual-time-budget=7000",
            "--blink-settings=preferredColorScheme=\(isDark ? 0 : 1)",
        ]
        let picture = directory.appending(path: "page.png")
        let dump = try await Self.run(common + ["--dump-dom", url], in: directory)
        let shot = try await Self.run(common + ["--screenshot=\(picture.path())", url], in: directory)
        output = dump.output
        errors = dump.errors + shot.errors
        screenshot = try? Data(contentsOf: picture)
    }

    private static func run(_ arguments: [String], in directory: URL) async throws -> (output: String, errors: String) {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.environment = ["HOME": directory.path(), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"]
        let (out, err) = (directory.appending(path: "out"), directory.appending(path: "err"))
        for file in [out, err] { _ = FileManager.default.createFile(atPath: file.path(), contents: nil) }
        process.standardOutput = try FileHandle(forWritingTo: out)
        process.standardError = try FileHandle(forWritingTo: err)
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in continuation.resume() }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        return (try String(contentsOf: out, encoding: .utf8), try String(contentsOf: err, encoding: .utf8))
    }
}
