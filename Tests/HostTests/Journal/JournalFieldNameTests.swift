import Host
import Testing

@Suite struct JournalFieldNameTests {
    @Test(arguments: ["A", "MESSAGE", "REFRESH_USER_ID", "F2", String(repeating: "X", count: 64)])
    func `takes what the journal keeps`(text: String) {
        #expect(JournalFieldName(text)?.text == text)
    }

    @Test(arguments: [
        "", "_PID", "2ND", "lower", "A-B", "A B", "A=B", "A\nB", "Ä", String(repeating: "X", count: 65),
    ])
    func `refuses what the journal would drop without a word`(text: String) {
        #expect(JournalFieldName(text) == nil)
    }

    @Test func `the daemon's own names are legal and differ`() {
        for name in JournalFieldName.known { #expect(JournalFieldName(name.text) == name) }
        #expect(Set(JournalFieldName.known).count == JournalFieldName.known.count)
    }
}
