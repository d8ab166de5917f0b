import Foundation
import Glibc
import Host
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
        JournalStream.ofThisProcess(
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

    @Test func `is text with priorities when only the stream leads to the journal`() {
        #expect(decision(identity, socket: directory.path + "/none") == .standardError(.prefixed))
    }
}
