import RefreshCore
import Testing

@testable import TightAPI

struct FormBodyTests {
    @Test(arguments: [
        ("", ""), ("azAZ09*-._", "azAZ09*-._"), ("a b", "a+b"), ("a+b", "a%2Bb"), ("a&b=c", "a%26b%3Dc"),
        ("100%", "100%25"), ("~/?#[]@!$'(),:;", "%7E%2F%3F%23%5B%5D%40%21%24%27%28%29%2C%3A%3B"),
        ("a\r\n\tb\u{0}", "a%0D%0A%09b%00"), ("Zoë", "Zo%C3%AB"), ("€", "%E2%82%AC"), ("🏦", "%F0%9F%8F%A6"),
        ("\"<>\\^`{|}", "%22%3C%3E%5C%5E%60%7B%7C%7D"), ("e\u{301}", "e%CC%81"), ("\u{7F}", "%7F"),
    ])
    func `writes a value as the form's serializer does`(value: String, encoded: String) {
        var form = FormBody()
        form.append("k", value)
        #expect(String(decoding: form.bytes, as: UTF8.self) == "k=" + encoded)
    }

    @Test func `writes bytes that are no text as they are`() {
        var form = FormBody()
        form.append("a b", Secret([0xFF, 0xC0, 0x41]))
        form.append("c", "d")
        #expect(String(decoding: form.bytes, as: UTF8.self) == "a+b=%FF%C0A&c=d")
    }

    @Test func `every byte comes back as it was`() throws {
        let all = Array(UInt8.min...UInt8.max)
        var decoded: [UInt8] = []
        var rest = FormBody.encoded(all)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): decoded.append(0x20)
            case UInt8(ascii: "%"):
                decoded.append(try #require(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)))
                rest = rest.dropFirst(2)
            default: decoded.append(byte)
            }
        }
        #expect(decoded == all)
    }

    @Test func `asks with a refresh token or in the user's name`() throws {
        let credentials = ClientCredentials(id: "a&b", secret: Secret(Array("s=1".utf8)))
        let token = try AccessToken(Array("t+/~=".utf8))
        let renewal = RenewalRequest(.refreshToken(token), credentials: credentials)
        #expect(
            renewal.body.text
                == "client_id=a%26b&client_secret=s%3D1&grant_type=refresh_token&refresh_token=t%2B%2F%7E%3D"
        )
        let user = try UserID("O'Hara & Söhne")
        let grant = RenewalRequest(.clientCredentials(user), credentials: credentials)
        #expect(
            grant.body.text
                == "client_id=a%26b&client_secret=s%3D1&grant_type=client_credentials&userId=O%27Hara+%26+S%C3%B6hne"
        )
    }
}

extension Secret {
    fileprivate var text: String { withBytes { String(decoding: $0, as: UTF8.self) } }
}
