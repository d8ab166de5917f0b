import Foundation
import Testing

/// Prometheus's own checker, from the Debian package `prometheus`.
enum Promtool {
    private static let path = "/usr/bin/promtool"

    /// Runs it in the folder `monitoring`; returns its exit status and everything it wrote.
    static func run(_ arguments: String..., input: String = "") throws -> (status: Int32, output: String) {
        try #require(
            FileManager.default.isExecutableFile(atPath: path), "there is no \(path): make setup installs it")
        let process = Process()
        let (stdin, stdout) = (Pipe(), Pipe())
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.currentDirectoryURL = Repository.root.appending(path: "monitoring")
        process.standardInput = stdin
        process.standardOutput = stdout
        process.standardError = stdout
        try process.run()
        // Read on another thread: it may write before it has read everything.
        let feeding = Thread {
            try? stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8)); try? stdin.fileHandleForWriting.close()
        }
        feeding.start()
        let output = try stdout.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
