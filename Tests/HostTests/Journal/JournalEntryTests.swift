import CSystemd
import Glibc
import RefreshCore
import Testing

@testable import Host

@Suite struct JournalEntryTests {
    /// The fields as the journal gets them, in order.
    private func fields(_ entry: JournalEntry) -> [String] {
        entry.withVectors { vectors in
            vectors.map {
                String(decoding: UnsafeRawBufferPointer(start: $0.iov_base, count: $0.iov_len), as: UTF8.self)
            }
        }
    }

    @Test func `goes to the journal field by field, the message first`() throws {
        var entry = JournalEntry(
            at: .epoch,
            priority: .notice,
            messageID: .rejected,
            message: "User alice: rejected"
        )
        entry.append(.userID, "alice")
        entry.append(.attempt, 3)
        entry.append(.httpStatus, Int?.none)
        entry.append(.error, String?.none)
        entry.append(try #require(JournalFieldName("LOGGER")), "a\nb=c")
        #expect(
            fields(entry) == [
                "MESSAGE=User alice: rejected", "PRIORITY=5", "SYSLOG_IDENTIFIER=bankrefreshd",
                "MESSAGE_ID=\(MessageID.rejected.rawValue)", "REFRESH_USER_ID=alice", "REFRESH_ATTEMPT=3",
                "LOGGER=a\nb=c",
            ]
        )
    }

    @Test func `reads its own fields`() {
        var entry = JournalEntry(at: .epoch, priority: .info, message: "text")
        entry.append(.userID, "é=1")
        #expect(entry[.message] == "text")
        #expect(entry[.userID] == "é=1")
        #expect(entry[.messageID] == nil)
        #expect(entry[.state] == nil)
    }

    @Test(arguments: [
        ("two\nlines", "two lines"), ("bell\u{7} and \u{1B}[31mred", "bell and [31mred"),
        ("tab\there", "tab here"),
        ("Grüße, 東京", "Grüße, 東京"), ("right\u{202E}left", "right left"), ("", ""),
    ])
    func `the message is one clean line`(text: String, line: String) {
        #expect(JournalEntry(at: .epoch, priority: .info, message: text)[.message] == line)
    }

    @Test func `a message has an end`() throws {
        let entry = JournalEntry(
            at: .epoch,
            priority: .info,
            message: String(repeating: "x", count: 1_000_000)
        )
        #expect(try #require(entry[.message]).count == JournalEntry.longestMessage + 1)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `a message is cleaned where it must be, and nowhere else`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let plain = (0x20...0x7E as ClosedRange<UInt8>).map { Character(Unicode.Scalar($0)) }
        let odd: [Character] = ["\u{1F}", "\u{7F}", "\n", "é", "\u{200B}", "東"]
        for _ in 0..<200 {
            let isPlain = Bool.random(using: &random)
            let letters = (0..<Int.random(in: 1...80, using: &random)).compactMap { _ in
                plain.randomElement(using: &random)
            }
            let text = String(letters) + (isPlain ? "" : String(odd.randomElement(using: &random) ?? "\n")) + " end"
            let entry = JournalEntry(at: .epoch, priority: .info, message: text)
            #expect(entry[.message] == (isPlain ? text : text.sanitized(limit: JournalEntry.longestMessage)))
            #expect(fields(entry).count == 3)
        }
    }

    @Test(arguments: [JournalEntry.longestMessage - 1, JournalEntry.longestMessage])
    func `a message of the greatest length is whole`(length: Int) {
        let text = String(repeating: "x", count: length)
        #expect(JournalEntry(at: .epoch, priority: .info, message: text)[.message] == text)
    }

    @Test func `holds numbers and moments as they are written`() {
        var entry = JournalEntry(at: .epoch, priority: .info, message: "text")
        entry.append(.attempt, -12)
        entry.append(.duration, Int64.max)
        entry.append(.nextDue, Timestamp(secondsSinceEpoch: 1_795_356_300).description)
        entry.append(.alertLasted, Int64?.none)
        entry.append(.alert, String?.none)
        #expect(
            fields(entry).suffix(3) == [
                "REFRESH_ATTEMPT=-12", "REFRESH_DURATION_USEC=9223372036854775807",
                "REFRESH_NEXT_DUE=2026-11-22T14:05:00Z",
            ]
        )
    }
}
