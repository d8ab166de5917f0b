import Foundation
import Glibc
import Host
import RefreshCore
import Testing

@Suite struct JournalStreamTests {
    let directory: TemporaryDirectory
    let file: FileHandle
    let identity: String

    init() throws {
        directory = try TemporaryDirectory()
        file = try #require(FileHandle(forWritingAtPath: directory.file("stream", [])))
        var status = stat()
        fstat(file.fileDescriptor, &status)
        identity = "\(status.st_dev):\(status.st_ino)"
    }

    private func decision(_ stream: String?, socket: String) -> JournalStream {
        LogFormat.auto.stream(
            environment: { $0 == "JOURNAL_STREAM" ? stream : nil },
            descriptor: file.fileDescriptor,
            journalSocket: socket
        )
    }

    @Test func `is the journal when stderr leads to it`() throws {
        #expect(try decision(identity, socket: directory.file("socket", [])) == .journal)
    }

    @Test(arguments: [nil, "", "1:2", "nonsense"])
    func `is text when stderr leads elsewhere`(stream: String?) throws {
        #expect(try decision(stream, socket: directory.file("socket", [])) == .standardError(.dated))
    }

    @Test func `log.format decides, and text for a journal has its priorities`() throws {
        func decision(_ format: LogFormat, _ stream: String?, socket: String) -> JournalStream {
            format.stream(
                environment: { $0 == "JOURNAL_STREAM" ? stream : nil }, descriptor: file.fileDescriptor,
                journalSocket: socket)
        }
        let socket = try directory.file("socket", [])
        #expect(decision(.auto, identity, socket: socket) == .journal)
        #expect(decision(.text, identity, socket: socket) == .standardError(.prefixed))
        #expect(decision(.json, identity, socket: socket) == .standardError(.json))
        #expect(decision(.text, identity, socket: socket + "/none") == .standardError(.prefixed))
        for format in [LogFormat.auto, .text] {
            #expect(decision(format, nil, socket: socket) == .standardError(.dated))
        }
        #expect(decision(.json, nil, socket: socket) == .standardError(.json))
    }

    @Test func `is text with priorities when only the stream leads to the journal`() {
        #expect(decision(identity, socket: directory.path + "/none") == .standardError(.prefixed))
    }
}
