import RefreshCore
import Testing

struct RedactionTests {
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `shows a secret in no way of printing it`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let text = (0..<4).map { _ in String(random.next(), radix: 16) }.joined()
        let token = try AccessToken(Array(text.utf8))
        let holder = Holder(token: token, secret: token.secret, maybe: token, list: [token.secret])
        for printed in Self.everyWay(of: token) + Self.everyWay(of: token.secret) + Self.everyWay(of: holder) {
            #expect(printed.contains("‹redacted›"))
            Self.expectNothing(of: text, in: printed)
        }
    }

    @Test func `gives a mirror nothing to reflect`() throws {
        let token = try AccessToken(Array("0123abcd".utf8))
        #expect(Mirror(reflecting: token).children.isEmpty)
        #expect(Mirror(reflecting: token.secret).children.isEmpty)
    }

    @Test func `shows a sealed token by its size only`() {
        let sealed = SealedToken(bytes: [201, 202, 203])
        for printed in Self.everyWay(of: sealed) {
            #expect(printed.contains("3 bytes"))
            #expect(!printed.contains("202"))
        }
    }

    private struct Holder: CustomDebugStringConvertible {
        let token: AccessToken
        let secret: Secret
        let maybe: AccessToken?
        let list: [Secret]

        var debugDescription: String { "\(token) \(secret) \(String(describing: maybe)) \(list)" }
    }

    private static func everyWay(of value: some Sendable) -> [String] { printed(value) }
    private static func everyWay(of value: Holder) -> [String] { printed(value) }

    private static func printed(_ value: Any) -> [String] {
        var dumped = ""
        dump(value, to: &dumped)
        var written = ""
        print(value, to: &written)
        return [
            "\(value)", String(describing: value), String(reflecting: value), dumped, written, "\([value])",
            "\(Optional.some(value) as Any)", String(reflecting: ["key": value]),
        ]
    }

    private static func expectNothing(of text: String, in printed: String) {
        #expect(!printed.contains(text.prefix(8)))
        let bytes = text.utf8.prefix(3).map { String($0) }.joined(separator: ", ")
        #expect(!printed.contains(bytes))
    }
}
