import Testing

@testable import RefreshConfiguration

struct AddressTests {
    @Test(arguments: [
        ("https://sandbox.hurdlr.com/rest", "https://sandbox.hurdlr.com/rest"),
        ("HTTPS://Sandbox.Hurdlr.Com:8443/Rest//", "https://sandbox.hurdlr.com:8443/Rest"),
        ("https://a", "https://a"), ("https://a/", "https://a"),
        ("https://192.0.2.1/x%20y", "https://192.0.2.1/x%20y"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://127.0.0.9:1/rest", "http://127.0.0.9:1/rest"),
        ("http://[::1]:65535", "http://[::1]:65535"), ("https://[2001:DB8::1]", "https://[2001:db8::1]"),
    ])
    func `takes the base of an API`(text: String, normal: String) throws {
        #expect(try BaseURL(text: text).description == normal)
        #expect(try BaseURL(text: normal).description == normal)
    }

    @Test(
        arguments: [
            ("", .scheme), ("api.example.com", .scheme), ("ftp://a", .scheme), ("https:/a", .scheme),
            (" https://a", .scheme),
            ("http://api.example.com", .clearText), ("http://127.0.0.1.example.com", .clearText),
            ("http://128.0.0.1", .clearText), ("http://127.1", .clearText),
            ("http://localhost.example.com", .clearText),
            ("http://[::2]", .clearText),
            ("https://user:pass@a", .userInfo), ("https://a/@b", .userInfo),
            ("http://localhost@evil.example", .userInfo),
            ("https://a?x=1", .queryOrFragment), ("https://a/#b", .queryOrFragment),
            ("https://", .authority(.noHost)), ("https://:80", .authority(.noHost)),
            ("https:///rest", .authority(.noHost)),
            ("https://a b", .authority(.host)), ("https://a..b", .authority(.host)),
            ("https://bücher.example", .authority(.host)),
            ("https://-a", .authority(.host)), ("https://[::1", .authority(.host)),
            ("https://[1:2]", .authority(.host)),
            ("https://[1::2::3]", .authority(.host)), ("https://[12345::]", .authority(.host)),
            ("https://a:", .authority(.port)), ("https://a:0", .authority(.port)),
            ("https://a:65536", .authority(.port)),
            ("https://a:8o", .authority(.port)), ("https://[::1]8080", .authority(.port)),
            ("https://a/b c", .path), ("https://a/../b", .path), ("https://a/./b", .path),
            ("https://a//b", .path),
            ("https://a/ü", .path), ("https://a/rest/v5/banks/refresh", .operation),
            ("https://a/v5", .operation),
        ] as [(String, BaseURL.Fault)]
    )
    func `refuses what is none`(text: String, fault: BaseURL.Fault) {
        #expect(throws: fault) { _ = try BaseURL(text: text) }
    }

    @Test func `takes a proxy without credentials`() throws {
        let notation = Notation<ProxyAddress>.proxy
        #expect(
            try notation.read(.string("http://Proxy.example.com:3128/")).description
                == "http://proxy.example.com:3128"
        )
        for text in [
            "proxy:3128", "https://proxy:3128", "http://proxy", "http://:3128", "http://proxy:3128/x",
        ] {
            #expect(throws: Complaint.self, "\(text)") { _ = try notation.read(.string(text)) }
        }
        let complaint = #expect(throws: Complaint.self) {
            _ = try notation.read(.string("http://u:p@proxy:3128"))
        }
        #expect(complaint?.kind == .inlineSecret)
        #expect(complaint?.showsValue == false)
    }
}
