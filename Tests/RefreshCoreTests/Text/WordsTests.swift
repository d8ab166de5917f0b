import RefreshCore
import Testing

struct WordsTests {
    @Test(arguments: [
        (0, 10, "0 %"), (10, 10, "100 %"), (1, 100_000, "< 0.1 %"), (99_999, 100_000, "> 99.9 %"), (1, 3, "33 %"),
        (25, 1_000, "2.5 %"), (995, 1_000, "99.5 %"), (0, 0, "0 %"),
    ])
    func `nearly all is not all`(part: Int, whole: Int, text: String) {
        #expect(Words.percent(part, of: whole) == text)
    }

    @Test func `a moment of another day has its date`() {
        let now = Timestamp(secondsSinceEpoch: 1_800_017_400)
        #expect(Words.moment(now, now: now) == "12:50 UTC")
        #expect(Words.moment(now.advanced(by: .hours(12)), now: now) == "2027-01-16 00:50 UTC")
    }

    @Test(
        arguments: [(.seconds(42), "42 s"), (.seconds(250), "4 min"), (.minutes(104), "1 h 44 min")]
            as [(Duration, String)])
    func `a span that grows while one reads has no seconds`(span: Duration, text: String) {
        #expect(Words.span(span) == text)
    }
}
