import Foundation
import Glibc
import Host
import RefreshCore
import Testing

@Suite(.timeLimit(.minutes(1))) struct StandardErrorSinkTests {
    private func entry(_ message: String = "User alice: rejected", at second: Int64 = 1_800_000_000)
        -> JournalEntry
    {
        var entry = JournalEntry(
            at: Timestamp(secondsSinceEpoch: second),
            priority: .warning,
            messageID: .rejected,
            message: message
        )
        entry.append(.userID, "alice")
        return entry
    }

    @Test(arguments: [
        (StandardErrorSink.Form.dated, "2027-01-15T08:00:00Z warning: User alice: rejected\n"),
        (.prefixed, "<4>User alice: rejected\n"),
        (
            .json,
            """
            {"__REALTIME_TIMESTAMP":"1800000000000000","TIMESTAMP":"2027-01-15T08:00:00Z",\
            "MESSAGE":"User alice: rejected","PRIORITY":"4","SYSLOG_IDENTIFIER":"bankrefreshd",\
            "MESSAGE_ID":"\(MessageID.rejected.rawValue)","REFRESH_USER_ID":"alice"}

            """
        ),
    ])
    func `writes a line for people, for a journal or for programs`(form: StandardErrorSink.Form, line: String) throws {
        let directory = try TemporaryDirectory()
        let path = try directory.file("log", [])
        let file = try #require(FileHandle(forWritingAtPath: path))
        #expect(StandardErrorSink(form: form, descriptor: file.fileDescriptor).write(entry()))
        #expect(try String(contentsOfFile: path, encoding: .utf8) == line)
    }

    @Test(arguments: [
        "\"quoted\" \\ and /", "line 1\nline 2\r\n\ttab", "\u{0}\u{8}\u{c}\u{1b}[31m",
        "läuft 日本 👩‍👩‍👧", "=A=", "",
    ])
    func `any value is one line of JSON that reads as it was`(value: String) throws {
        var entry = JournalEntry(at: .epoch, priority: .info, message: "x")
        entry.append(.error, value)
        entry.append(.httpStatus, 200)
        let pipe = Pipe()
        #expect(StandardErrorSink(form: .json, descriptor: pipe.fileHandleForWriting.fileDescriptor).write(entry))
        try pipe.fileHandleForWriting.close()
        let bytes = try #require(try pipe.fileHandleForReading.readToEnd())
        #expect(bytes.count { $0 == UInt8(ascii: "\n") } == 1 && bytes.last == UInt8(ascii: "\n"))
        let read = try #require(try JSONSerialization.jsonObject(with: bytes) as? [String: String])
        #expect(read["REFRESH_ERROR"].map { Array($0.utf8) } == Array(value.utf8))
        #expect(read["REFRESH_HTTP_STATUS"] == "200")
        #expect(read["__REALTIME_TIMESTAMP"] == "0")
    }

    @Test func `a reader that went away fails the entry and nothing else`() {
        let pipe = Pipe()
        try? pipe.fileHandleForReading.close()
        let sink = StandardErrorSink(form: .dated, descriptor: pipe.fileHandleForWriting.fileDescriptor)
        #expect(sink.write(entry()) == false)
    }

    @Test func `waits for room in a pipe that does not block`() async throws {
        let pipe = Pipe()
        let (reader, writer) = (pipe.fileHandleForReading, pipe.fileHandleForWriting)
        _ = fcntl(writer.fileDescriptor, F_SETFL, O_NONBLOCK)
        let sink = StandardErrorSink(form: .dated, descriptor: writer.fileDescriptor)
        let queue = JournalQueue(sink: sink) {
            JournalEntry(at: .epoch, priority: .warning, message: "lost \($0)")
        }
        for _ in 0..<200 { queue.append(entry(String(repeating: "x", count: 1_000))) }
        var read = 0
        while read < 200 * 1_031 { read += reader.availableData.count }
        #expect(await queue.flush(within: .seconds(30)))
        #expect(read == 200 * 1_031)
        #expect(queue.droppedCount == 0)
    }
}
