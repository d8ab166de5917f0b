import RefreshCore
import Testing
import TokenVault

struct RedactionTests {
    /// Every way in which Swift turns a value into text.
    private static func texts(of value: some Any) -> [String] {
        var dumped = ""
        dump(value, to: &dumped)
        return [
            String(describing: value), String(reflecting: value), "\(value)", "\([value])",
            "\(Optional(value) as Any)",
            dumped, mirrored(value),
        ]
    }

    private static func mirrored(_ value: Any, depth: Int = 0) -> String {
        guard depth < 8 else { return "" }
        return Mirror(reflecting: value).children.map {
            "\($0.value) " + mirrored($0.value, depth: depth + 1)
        }.joined()
    }

    @Test func `prints nothing of a key, wherever it is held`() throws {
        // 0xA7 is 167: a key of that byte shows in hex, in decimal and in base64.
        let key = try TestKeys.key(0xA7)
        let other = try TestKeys.key(1)
        let ring = KeyRing(sealing: key, opening: [other])
        let base64 = key.encoded.withBytes { String(decoding: $0.prefix(4), as: UTF8.self) }
        let texts =
            Self.texts(of: key) + Self.texts(of: ring) + Self.texts(of: TokenSealer(keys: ring))
            + Self.texts(of: KeyCheck(keys: ring)) + Self.texts(of: key.encoded)
        #expect(texts.count == 35)
        for text in texts {
            let plain = text.replacing(key.id.description, with: "").replacing(other.id.description, with: "")
            for trace in ["167", "a7a7", "A7A7", base64, "SymmetricKey", "SecureBytes"] {
                #expect(!plain.contains(trace))
            }
        }
    }

    @Test func `shows the id of a key, which tells keys apart`() throws {
        let key = try TestKeys.key(1)
        #expect(String(describing: key) == "‹key \(key.id)›")
        #expect(key.id.description.count == 8)
    }
}
