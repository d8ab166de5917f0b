import Foundation
import Testing

/// A program that was run to its end.
struct Tool: Sendable {
    let command: String
    let status: Int32
    let output: String
    let errors: String

    /// Runs a program found by `$PATH`; whatever its exit status is.
    @discardableResult
    static func run(_ command: String..., input: String = "") async throws -> Tool {
        try await run(command, input: input)
    }

    @discardableResult
    static func run(_ command: [String], input: String = "") async throws -> Tool {
        // Through files, so that no pipe can fill.
        let directory = FileManager.default.temporaryDirectory.appending(path: "tool-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let files = ["in", "out", "err"].map { directory.appending(path: $0) }
        for file in files { try Data(file == files[0] ? Data(input.utf8) : Data()).write(to: file) }

        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        let (standardInput, standardOutput, standardError) = (
            try FileHandle(forReadingFrom: files[0]), try FileHandle(forWritingTo: files[1]),
            try FileHandle(forWritingTo: files[2])
        )
        // Foundation keeps them open for as long as it keeps the process, and crashes once there are a thousand.
        defer { for handle in [standardInput, standardOutput, standardError] { try? handle.close() } }
        process.standardInput = standardInput
        process.standardOutput = standardOutput
        process.standardError = standardError
        let (ended, end) = AsyncStream.makeStream(of: Never.self)
        process.terminationHandler = { _ in end.finish() }
        try process.run()
        for await _ in ended {}
        if process.isRunning {
            process.terminate()
            throw CancellationError()
        }
        return Tool(
            command: command.joined(separator: " "), status: process.terminationStatus,
            output: String(decoding: try Data(contentsOf: files[1]), as: UTF8.self),
            errors: String(decoding: try Data(contentsOf: files[2]), as: UTF8.self))
    }

    /// Fails the test unless the program ended with 0.
    @discardableResult
    func succeeded(sourceLocation: SourceLocation = #_sourceLocation) throws -> Tool {
        try #require(status == 0, "\(command): \(status)\n\(output)\(errors)", sourceLocation: sourceLocation)
        return self
    }
}
