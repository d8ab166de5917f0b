import Foundation
import Testing

@testable import RefreshConfiguration

struct ConfigurationFileTests {
    private func problem(_ bytes: [UInt8]) -> ConfigurationProblem? {
        let thrown = #expect(throws: ConfigurationProblems.self) { _ = try ConfigurationFile(bytes: bytes) }
        #expect(thrown?.problems.count == 1)
        return thrown?.problems.first
    }

    @Test(
        arguments: [
            ([], "empty"), (Array(" \n\t ".utf8), "empty"), ([0xFF, 0xFE, 0x7B, 0], "UTF-16"),
            ([0xFE, 0xFF, 0, 0x7B], "UTF-16"),
            ([0x7F, 0x45, 0x4C, 0x46, 0], "not text"),
            ([UInt8](repeating: 0x20, count: 1 << 20) + [0x7B, 0x7D], "1 MiB"),
        ] as [([UInt8], String)]
    )
    func `refuses what is no text`(bytes: [UInt8], reason: String) {
        let problem = problem(bytes)
        #expect(problem?.kind == .file)
        #expect(problem?.reason.contains(reason) == true)
    }

    @Test func `tells where a file stops being UTF-8`() {
        let problem = problem(Array("{\n \"é".utf8) + [0xC3, 0x28])
        #expect(problem?.kind == .file)
        #expect(problem?.line == 2 && problem?.column == 4)
    }

    @Test func `tells where a file stops being JSON`() {
        let problem = problem(Array("{\n  \"api\": {},\n}".utf8))
        #expect(problem?.description == "line 2, column 12: a comma with nothing after it; remove the comma")
        #expect(
            problem?.text(file: "/c.json") == "/c.json:2:12: a comma with nothing after it; remove the comma"
        )
    }

    @Test func `takes a file of the largest size`() throws {
        var bytes = Array("{\"api\": {\"environment\": \"sandbox\"}}".utf8)
        bytes += [UInt8](repeating: 0x20, count: ConfigurationFile.largest - bytes.count)
        #expect(try Configuration(ConfigurationFile(bytes: bytes)) == .default)
    }
}

struct ConfigurationLoaderTests {
    private func withDirectory(_ body: (String) throws -> Void) throws {
        let directory = FileManager.default.temporaryDirectory.appending(
            path: "configuration-\(UUID().uuidString)"
        )
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: directory) }
        try body(directory.path())
    }

    private func reason(_ path: String) -> String? {
        let thrown = #expect(throws: ConfigurationProblems.self) {
            _ = try ConfigurationLoader.load(path: path)
        }
        #expect(thrown?.problems.first?.kind == .file)
        return thrown?.problems.first?.reason
    }

    @Test func `reads a file`() throws {
        try withDirectory { directory in
            let path = directory + "/config.json"
            try Configuration.default.text.write(toFile: path, atomically: true, encoding: .utf8)
            #expect(try ConfigurationLoader.load(path: path) == .default)
        }
    }

    @Test func `says why a file cannot be read`() throws {
        try withDirectory { directory in
            #expect(reason(directory + "/missing.json") == "there is no such file")
            #expect(reason(directory) == "it is a directory")
            #expect(reason("/dev/null") == "it is not a regular file")
            #expect(reason(directory + "/" + String(repeating: "x", count: 300)) == "the path is too long")
            let fifo = directory + "/fifo"
            #expect(mkfifo(fifo, 0o600) == 0)
            #expect(reason(fifo) == "it is not a regular file")
            let link = directory + "/link"
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: link)
            #expect(reason(link) == "its links form a loop")
            let file = directory + "/file"
            try Data().write(to: URL(filePath: file))
            #expect(reason(file) == "the file is empty")
            #expect(reason(file + "/config.json") == "a part of the path is not a directory")
            try Data(count: 3 << 20).write(to: URL(filePath: file))
            #expect(reason(file) == "the file is larger than 1 MiB")
            // Readable by root whatever its mode says.
            if geteuid() != 0 {
                #expect(chmod(file, 0) == 0)
                #expect(reason(file) == "it may not be read")
            }
        }
    }
}
