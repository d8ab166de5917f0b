import Foundation

/// A program whose output is read line by line while it runs.
final class LineReader {
    private let process = Process()
    private let chunks: AsyncStream<Data>
    private let pipe = Pipe()
    private var rest = Data()

    init(_ command: [String]) throws {
        let (chunks, chunk) = AsyncStream.makeStream(of: Data.self)
        self.chunks = chunks
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        process.standardError = FileHandle.nullDevice
        process.standardOutput = pipe
        pipe.fileHandleForReading.readabilityHandler = { handle in
            let data = handle.availableData
            guard data.isEmpty else {
                chunk.yield(data)
                return
            }
            handle.readabilityHandler = nil
            chunk.finish()
        }
        try process.run()
    }

    /// Nil when the program's output ends, or the task is cancelled.
    func next() async -> String? {
        while true {
            if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                defer { rest = Data(rest[(end + 1)...]) }
                return String(decoding: rest[rest.startIndex..<end], as: UTF8.self)
            }
            var iterator = chunks.makeAsyncIterator()
            guard let chunk = await iterator.next() else { return nil }
            rest.append(chunk)
        }
    }

    deinit {
        if process.isRunning { process.terminate() }
        pipe.fileHandleForReading.readabilityHandler = nil
        try? pipe.fileHandleForReading.close()
    }
}
