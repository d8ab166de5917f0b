import RefreshCore
import Testing

struct DurationTextTests {
    @Test(arguments: [
        ("0s", Duration.zero), ("90s", .seconds(90)), ("1.5h", .seconds(5_400)), ("7d", .days(7)),
        ("250ms", .milliseconds(250)), ("1h30m", .minutes(90)), ("5us", .microseconds(5)),
        ("0.1s", .milliseconds(100)),
        ("1.1s", .milliseconds(1_100)), ("36525d", .days(36_525)), ("007m", .minutes(7)),
        ("1m1s1ms", .milliseconds(61_001)),
    ])
    func `is read from a number and a unit`(text: String, duration: Duration) {
        #expect(Duration(text: text) == duration)
    }

    @Test(arguments: [
        "", " ", "s", "5", "1 h", " 1h", "1h ", "-1s", "+1s", "1e5s", "0x10s", "1.s", ".5s", "1.2.3s", "1,5h",
        "1H", "1min",
        "1w", "1hm", "1h30", "1h 30m", "nan", "infs", "inf", "1s-1s", "٣s", "36526d", "36525d1us",
        "999999999999d",
        "1234567890123us", "1s.5h", "1µs",
    ])
    func `is not read from anything else`(text: String) {
        #expect(Duration(text: text) == nil)
    }

    @Test(
        arguments: [
            (Duration.zero, "0s"), (.seconds(90), "1m30s"), (.hours(24), "1d"), (.minutes(90), "1h30m"),
            (.milliseconds(61_001), "1m1s1ms"), (.microseconds(7), "7us"), (.seconds(-90), "-1m30s"),
        ] as [(Duration, String)]
    )
    func `is written in the form that is read`(duration: Duration, text: String) {
        #expect(duration.text == text)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `comes back from its own text`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for digits in 0..<500 {
            let most = Int64(3_155_760_000_000_000) >> Int64(digits % 50)
            let duration = Duration.microseconds(Int64.random(in: 0...most, using: &random))
            #expect(Duration(text: duration.text) == duration)
        }
    }

    @Test(
        arguments: [
            (Duration.zero, "0 s"), (.microseconds(499), "0 s"), (.microseconds(-499), "0 s"),
            (.microseconds(-500), "-1 ms"), (.milliseconds(120), "120 ms"), (.microseconds(999_499), "999 ms"),
            (.microseconds(999_500), "1 s"), (.milliseconds(1_499), "1 s"), (.milliseconds(1_999), "2 s"),
            (.seconds(45), "45 s"), (.seconds(60), "1 min"), (.milliseconds(59_499), "59 s"),
            (.milliseconds(59_500), "1 min"), (.milliseconds(7_199_993), "2 h"), (.milliseconds(-7_199_993), "-2 h"),
            (.seconds(7_140), "1 h 59 min"), (.seconds(7_169), "1 h 59 min"), (.seconds(7_170), "2 h"),
            (.seconds(90), "1 min 30 s"),
            (.hours(51), "2 d 3 h"), (.days(2), "2 d"), (.seconds(-90), "-1 min 30 s"),
            (.seconds(86_340), "23 h 59 min"), (.seconds(86_399), "1 d"), (.hours(71), "2 d 23 h"),
        ] as [(Duration, String)]
    )
    func `is written for a sentence by its two largest units`(duration: Duration, text: String) {
        #expect(duration.roundedText == text)
    }

    @Test func `writes its extremes without failing`() {
        #expect(Duration.seconds(Int64.max).text.hasPrefix("106751991d"))
        #expect(Duration.seconds(Int64.min).text.hasPrefix("-106751991d"))
        #expect(Duration.seconds(Int64.min).roundedText == "-106751991 d 4 h")
        #expect(Duration.days(.max) == .seconds(Int64.max))
        #expect(Duration.hours(.min) == .seconds(Int64.min))
    }
}
