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

    @Test func `holds moments and spans in the words that texts have`() {
        let moment = Timestamp(secondsSinceEpoch: 1_795_356_300)
        #expect(text { $0.append(rfc3339: moment) } == "before 2026-11-22T14:05:00Z")
        #expect(text { $0.append(rounded: .hours(51)) } == "before 2 d 3 h")
    }
}
