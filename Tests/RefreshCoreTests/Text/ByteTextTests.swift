import RefreshCore
import Testing

struct ByteTextTests {
    private func text(_ write: (inout [UInt8]) -> Void) -> String {
        var bytes = Array("before ".utf8)
        write(&bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(arguments: ["", "a", "fifteen letters", "sixteen letters!", "Grüße, 東京", "\u{0}\n"])
    func `holds a text as it is`(part: String) {
        #expect(text { $0.append(text: part) } == "before " + part)
        #expect(text { $0.append(text: String((part + "x").dropLast())) } == "before " + part)
    }

    @Test(arguments: [0, 9, 10, 99, 100, -1, -10, .max, .min] as [Int64])
    func `holds a number as it is written`(number: Int64) {
        #expect(text { $0.append(decimal: number) } == "before \(number)")
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `holds a number of any length`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for digits in 0..<500 {
            let number = Int64.random(in: .min ... .max, using: &random) >> Int64(digits % 63)
            #expect(text { $0.append(decimal: number) } == "before \(number)")
        }
    }

    @Test(arguments: [(0, 1, "0"), (0, 2, "00"), (7, 4, "0007"), (1_234, 2, "1234"), (-7, 4, "-0007")])
    func `fills a number up with zeros`(number: Int64, width: Int, digits: String) {
        #expect(text { $0.append(decimal: number, width: width) } == "before " + digits)
    }

    @Test(arguments: [
        (0, "0 bytes"), (1, "1 byte"), (958, "958 bytes"), (1_000, "1 KB"), (1_049, "1 KB"), (1_100, "1.1 KB"),
        (9_949, "9.9 KB"), (9_950, "10 KB"), (45_400, "45 KB"), (999_499, "999 KB"), (999_500, "1 MB"),
        (3_600_000_000, "3.6 GB"), (Int64.max, "9.2 EB"), (-1_100, "-1.1 KB"),
    ])
    func `a size is told in a unit that fits, to two figures`(bytes: Int64, text: String) {
        #expect(bytes.bytesText == text)
    }

    @Test func `holds moments and spans in the words that texts have`() {
        let moment = Timestamp(secondsSinceEpoch: 1_795_356_300)
        #expect(text { $0.append(rfc3339: moment) } == "before 2026-11-22T14:05:00Z")
        #expect(text { $0.append(rounded: .hours(51)) } == "before 2 d 3 h")
    }
}
