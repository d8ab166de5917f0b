import RefreshCore
import Testing

struct RedactionTests {
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `shows a secret in no way of printing it`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let text = (0..<4).map { _ in String(random.next(), radix: 16) }.joined()
        let token = try AccessToken(Array(text.utf8))
        let holder = Holder(token: token, secret: token.secret, maybe: token, list: [token.secret])
        let plain = PlainHolder(token: token, secret: token.secret, maybe: token.secret)
        let cases: [Held] = [.token(token), .both(token.secret, [token])]
        for printed in Self.everyWay(of: token) + Self.everyWay(of: token.secret) + Self.everyWay(of: holder)
            + Self.everyWay(of: plain) + cases.flatMap(Self.everyWay)
        {
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

    @Test func `shows of lent bytes where they are, not what they are`() throws {
        let token = try AccessToken(Array("0123abcd".utf8))
        token.secret.withBytes { bytes in
            for printed in Self.everyWay(of: UncheckedAddress(bytes)) { #expect(!printed.contains("0123abcd")) }
        }
    }

    /// What a careless print of lent bytes shows.
    private struct UncheckedAddress: CustomStringConvertible {
        let description: String

        init(_ bytes: UnsafeBufferPointer<UInt8>) { description = "\(bytes) \(String(reflecting: bytes))" }
    }

    /// Holders that say nothing of how they are printed.
    private struct PlainHolder {
        let token: AccessToken
        let secret: Secret
        let maybe: Secret?
    }

    private enum Held {
        case token(AccessToken)
        case both(Secret, [AccessToken])
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
