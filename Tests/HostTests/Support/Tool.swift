import Foundation

/// A program of the system, run to its end.
struct Tool {
    let status: Int32
    let output: String
    let errors: String

    /// Runs the program; both streams go to files, so that neither can fill a pipe.
    init(_ path: String, _ arguments: [String]) throws {
        let directory = try TemporaryDirectory()
        let (outputPath, errorPath) = (try directory.file("out", []), try directory.file("err", []))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = [
            "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin", "SYSTEMD_PAGER": "", "SYSTEMD_COLORS": "0",
        ]
        process.standardOutput = FileHandle(forWritingAtPath: outputPath)
        process.standardError = FileHandle(forWritingAtPath: errorPath)
        try process.run()
        process.waitUntilExit()
        status = process.terminationStatus
        output = try String(contentsOfFile: outputPath, encoding: .utf8)
        errors = try String(contentsOfFile: errorPath, encoding: .utf8)
    }
}

/// The root of the sources.
let packageRoot = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path
