import RefreshCore
import Testing
import TokenVault

struct KeyRingFileTests {
    private static let (one, two) = (StoreKey.generate(), StoreKey.generate())

    private static func line(_ key: StoreKey) -> String {
        key.encoded.withBytes { String(decoding: $0, as: UTF8.self) }
    }

    @Test func `reads back what a generated key prints`() throws {
        let encoded = Self.one.encoded
        #expect(encoded.count == 44)
        let ring = try encoded.withBytes { try KeyRing(file: $0) }
        #expect(ring.ids == [Self.one.id])
    }

    @Test func `reads the known printed form`() throws {
        let ring = try KeyRing(file: Array("+yuh7gMe3U+Wy/ydcIbOHF9RCvz/00qZ30KKS4dwTf0=".utf8))
        #expect(ring.ids.map(\.description) == ["0b3484d9"])
    }

    @Test(arguments: [
        "1\n2", "1\n2\n", "1\r\n2\r\n", "# new\n1\n\n# old\n2\n", "\n  \n1\n\t\n  2  \n", "#1\n1\n2",
    ])
    func `reads one key a line, the first for sealing`(shape: String) throws {
        var text = ""
        for character in shape {
            switch character {
            case "1" where !text.hasSuffix("#"): text += Self.line(Self.one)
            case "2": text += Self.line(Self.two)
            default: text.append(character)
            }
        }
        #expect(try KeyRing(file: Array(text.utf8)).ids == [Self.one.id, Self.two.id])
    }

    @Test func `names the line of what is no key and the remedy, never the content`() throws {
        let good = Self.line(Self.one)
        let bad: [(text: String, problem: KeyFileProblem)] = [
            ("", .noKey), ("\n# only a comment\n", .noKey),
            (String(good.dropLast()), .notAKey(line: 1, characters: 43)),
            ("# k\n\(good)x", .notAKey(line: 2, characters: 45)),
            ("\(good)\nkey=\(good)", .notAKey(line: 2, characters: 48)),
            (String(good.dropLast(2)) + "==", .notAKey(line: 1, characters: 44)),
            ("!" + good.dropFirst(), .notAKey(line: 1, characters: 44)),
            (good.prefix(20) + " " + good.dropFirst(21), .notAKey(line: 1, characters: 44)),
            (String(repeating: "ab", count: 32), .notAKey(line: 1, characters: 64)),
            ("\(good) \(good)", .notAKey(line: 1, characters: 89)),
            ("\(good)\n\n\(good)\n", .repeated(line: 3, earlier: 1)),
            ("\u{FF}\u{0}", .notAKey(line: 1, characters: 3)),
        ]
        for (text, expected) in bad {
            let problem = #expect(throws: KeyFileProblem.self) { try KeyRing(file: Array(text.utf8)) }
            #expect(problem == expected)
            let told = String(describing: problem)
            #expect(told.contains("bankrefreshd key generate"))
            #expect(!told.contains(good.dropFirst().prefix(6)))
        }
    }

    @Test func `refuses base64 with stray bits in its last character`() {
        let stray = String(repeating: "A", count: 42) + "B="
        #expect(throws: KeyFileProblem.notAKey(line: 1, characters: 44)) {
            try KeyRing(file: Array(stray.utf8))
        }
    }

    @Test func `takes 32 bytes for a key and nothing else`() {
        for count in [0, 16, 31, 33, 64] { #expect(StoreKey([UInt8](repeating: 7, count: count)) == nil) }
    }

    @Test func `makes a new key each time`() {
        #expect(Set((0..<100).map { _ in StoreKey.generate().id }).count == 100)
    }
}
