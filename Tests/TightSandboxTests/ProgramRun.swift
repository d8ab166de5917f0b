import Foundation
import Glibc
import Testing

/// One run of the program that was built beside these tests.
final class ProgramRun {
    private let process = Process()
    private let output: AsyncStream<Data>
    private let ended: AsyncStream<Never>

    init(_ options: [String]) throws {
        let tests = try URL(filePath: FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        let bundles = [tests.path()] + CommandLine.arguments.filter { $0.hasSuffix(".xctest") }
        let program = bundles.map {
            URL(filePath: $0).deletingLastPathComponent().appending(path: "tight-sandbox")
        }
        .first { FileManager.default.isExecutableFile(atPath: $0.path()) }
        let built: URL = try #require(program, "tight-sandbox is not built beside the tests")
        process.executableURL = built
        process.arguments = options
        let (pipe, errors) = (Pipe(), Pipe())
        process.standardOutput = pipe
        process.standardError = errors
        let (output, ended) = (AsyncStream.makeStream(of: Data.self), AsyncStream.makeStream(of: Never.self))
        (self.output, self.ended) = (output.stream, ended.stream)
        pipe.fileHandleForReading.readabilityHandler = { handle in
            let data = handle.availableData
            if data.isEmpty {
                handle.readabilityHandler = nil
                output.continuation.finish()
            } else {
                output.continuation.yield(data)
            }
        }
        errors.fileHandleForReading.readabilityHandler = { handle in
            if handle.availableData.isEmpty { handle.readabilityHandler = nil }
        }
        process.terminationHandler = { _ in ended.continuation.finish() }
        try process.run()
    }

    deinit {
        if process.isRunning { process.terminate() }
    }

    /// The first line of standard output; nil when the program ends without one.
    func firstLine() async -> String? {
        var text = ""
        for await data in output {
            text += String(decoding: data, as: UTF8.self)
            if let end = text.firstIndex(of: "\n") { return String(text[..<end]) }
        }
        return nil
    }

    func exitStatus() async -> Int32 {
        for await _ in ended {}
        return process.terminationStatus
    }

    /// Sends SIGKILL, and waits for the end.
    func kill() async {
        Glibc.kill(process.processIdentifier, SIGKILL)
        _ = await exitStatus()
    }

    /// Sends SIGTERM; the status is that of a program that ended by itself, or -1 when the signal killed it.
    func end() async -> Int32 {
        process.terminate()
        let status = await exitStatus()
        return process.terminationReason == .exit ? status : -1
    }
}
