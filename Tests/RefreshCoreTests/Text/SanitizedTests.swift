import RefreshCore
import Testing

struct SanitizedTests {
    @Test(arguments: [
        ("", ""), ("plain", "plain"), ("  outer  ", "outer"), ("a\nb", "a b"), ("a\r\n\r\nb", "a b"),
        ("a  \t b", "a b"),
        ("\u{1B}[31mok\u{1B}[0m", "[31mok [0m"), ("a\u{202E}b", "a b"), ("a\u{0}b", "a b"),
        ("a\u{85}b\u{2028}c", "a b c"),
        ("exactly 10", "exactly 10"), ("exactly 10 ", "exactly 10"), ("exactly 10!", "exactly 10…"),
        ("nine char s", "nine char…"), ("日本語日本語日本語日", "日本語日本語日本語日"), ("日本語日本語日本語日本", "日本語日本語日本語日…"),
    ])
    func `leaves one visible line of at most ten characters`(text: String, expected: String) {
        #expect(text.sanitized(limit: 10) == expected)
    }

    @Test func `bounds what one character with many marks can take`() {
        let text = "a" + String(repeating: "\u{301}", count: 100_000)
        #expect(text.sanitized(limit: 100).utf8.count <= 404)
        #expect(("ok " + text).sanitized(limit: 100) == "ok…")
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `holds no control character and is stable`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        // Among them some that make one character with what stands before or behind them.
        let alphabet = Array(
            "ab \t\n\r\u{0}\u{1B}\u{7F}\u{85}\u{2028}\u{202E}\u{FEFF}é語😀\u{301}\u{600}\u{200D}\u{1F1E6}\u{1100}\u{1161}"
                .unicodeScalars)
        for _ in 0..<200 {
            var text = ""
            for _ in 0..<Int.random(in: 0...40, using: &random) {
                text.unicodeScalars.append(alphabet[Int.random(in: 0..<alphabet.count, using: &random)])
            }
            let limit = Int.random(in: 0...30, using: &random)
            let clean = text.sanitized(limit: limit)
            #expect(!clean.unicodeScalars.contains { $0.isControl })
            #expect(clean.count <= limit + 1)
            #expect(clean.sanitized(limit: limit) == clean)
            #expect(clean.first != " " && clean.last != " " && !clean.contains("  "))
        }
    }

    @Test func `is done to the content type of an answer that is not understood`() {
        let hostile = "text/html\u{1B}[2J" + String(repeating: "x", count: 9_000)
        let text = Malformation(.notJSON, bytes: 12, contentType: hostile).text
        #expect(!text.unicodeScalars.contains { $0.isControl })
        #expect(text.count < 300)
        #expect(
            Malformation(.notJSON, bytes: 12, contentType: nil).text
                == "the answer is not understood: not JSON, 12 bytes of no content type"
        )
    }
}
