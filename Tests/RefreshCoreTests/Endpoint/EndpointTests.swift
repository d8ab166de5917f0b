import RefreshCore
import Testing

/// What is an address of an API or a proxy, and what is none.
struct EndpointTests {
    @Test(arguments: [
        ("https://prod.hurdlr.com/rest", "https://prod.hurdlr.com/rest/v9"),
        ("HTTPS://Prod.Hurdlr.COM/Rest/", "https://prod.hurdlr.com/Rest/v9"),
        ("https://prod.hurdlr.com", "https://prod.hurdlr.com/v9"),
        ("https://prod.hurdlr.com//", "https://prod.hurdlr.com/v9"),
        ("https://prod.hurdlr.com:443/a/b", "https://prod.hurdlr.com/a/b/v9"),
        ("https://prod.hurdlr.com:080", "https://prod.hurdlr.com:80/v9"),
        ("https://10.1.2.3:8443/rest", "https://10.1.2.3:8443/rest/v9"),
        ("https://[2001:DB8::1]:8443/rest", "https://[2001:db8::1]:8443/rest/v9"),
        ("https://[::ffff:192.0.2.1]", "https://[::ffff:192.0.2.1]/v9"),
        ("https://[1:2:3:4:5:6:7::]", "https://[1:2:3:4:5:6:7::]/v9"),
        ("https://[1:2:3:4:5:6:192.0.2.1]", "https://[1:2:3:4:5:6:192.0.2.1]/v9"),
        ("https://tight/a%20b", "https://tight/a%20b/v9"),
        ("https://tight/v5x/xv5", "https://tight/v5x/xv5/v9"),
        ("https://tight_api.1a", "https://tight_api.1a/v9"),
        ("https://123.example", "https://123.example/v9"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example/v9"),
        ("http://localhost:8080/rest", "http://localhost:8080/rest/v9"),
        ("http://LOCALHOST", "http://localhost/v9"),
        ("http://127.0.0.1", "http://127.0.0.1/v9"),
        ("http://127.9.9.9:80", "http://127.9.9.9/v9"),
        ("http://[::1]:65535", "http://[::1]:65535/v9"),
        ("http://[0:0:0:0:0:0:0:1]:8080", "http://[0:0:0:0:0:0:0:1]:8080/v9"),
        ("http://[::0.0.0.1]", "http://[::0.0.0.1]/v9"),
    ])
    func `reads a base URL`(text: String, url: String) throws {
        let endpoint = try Endpoint(text)
        #expect(endpoint.url(of: "/v9") == url)
        #expect(try Endpoint(endpoint.description) == endpoint)
    }

    @Test(
        arguments: [
            ("", .scheme), ("prod.hurdlr.com/rest", .scheme), ("prod.hurdlr.com:443", .scheme),
            ("://prod.hurdlr.com", .scheme), ("ftp://prod.hurdlr.com", .scheme), ("https:/a", .scheme),
            (" https://a", .scheme), ("https//a", .scheme),
            ("https://user:word@prod.hurdlr.com", .userInfo), ("https://@prod.hurdlr.com", .userInfo),
            ("https://user:wo/rd@a", .userInfo), ("https://user:wo?rd@a", .userInfo), ("https://a/@b", .userInfo),
            ("http://localhost@evil.example", .userInfo), ("user:word@a", .userInfo),
            // With a mark on it Swift takes an @ for another character.
            ("https://user:word@\u{301}a", .userInfo), ("user:word@\u{301}a", .userInfo),
            ("https:\u{301}//user:word@\u{301}a", .userInfo), ("https://a?\u{301}token", .queryOrFragment),
            ("https://prod.hurdlr.com/rest?a=b", .queryOrFragment), ("https://prod.hurdlr.com?", .queryOrFragment),
            ("https://prod.hurdlr.com/rest#top", .queryOrFragment),
            ("https://", .noHost), ("https:///rest", .noHost), ("https://:443/rest", .noHost), ("https://::1", .noHost),
            ("https://prod.hurdlr.com./rest", .host), ("https://prod..com", .host), ("https://-prod.com", .host),
            ("https://prod-.com", .host), ("https://prod hurdlr.com", .host), ("https://bücher.example", .host),
            ("https://prod.com\n", .host), ("https://a\u{301}", .host),
            ("https://\(String(repeating: "a", count: 64)).com", .host),
            ("https://\(String(repeating: "a.", count: 127))com", .host),
            // Half an address, or one that every resolver reads in its own way.
            ("https://1.2.3", .host), ("https://300.1.1.1", .host), ("https://1.2.3.256", .host),
            ("https://1.2.3.04", .host), ("https://1.2.3.4.5", .host), ("https://123", .host),
            ("https://api.123", .host), ("https://0x7f000001", .host), ("https://127.0x1", .host),
            ("http://127.1", .host),
            ("https://[1.2.3.4]", .host), ("https://[::1", .host), ("https://[::g]", .host), ("https://[]", .host),
            ("https://[1:2]", .host), ("https://[1::2::3]", .host), ("https://[12345::]", .host),
            ("https://[1:2:3:4:5:6:7:8::]", .host), ("https://[:::1]", .host), ("https://[1.2.3.4::]", .host),
            ("https://[::+1]", .host), ("https://[fe80::1%25eth0]", .host), ("https://[::1.2.3.04]", .host),
            ("https://[::1]8080", .port), ("https://tight:", .port), ("https://tight:0", .port),
            ("https://tight:65536", .port), ("https://tight:+80", .port), ("https://tight:8o", .port),
            ("https://tight:80:80", .port), ("https://tight:000443", .port),
            ("https://tight/a b", .path), ("https://tight/a//b", .path), ("https://tight/../b", .path),
            ("https://tight/./b", .path), ("https://tight/a%2", .path), ("https://tight/a%zz", .path),
            ("https://tight/é", .path), ("https://tight/a\"b", .path),
            ("https://a/v5", .operation), ("https://a/rest/v5/banks/refresh", .operation),
            ("http://prod.hurdlr.com/rest", .clearText), ("http://127.0.0.1.example", .clearText),
            ("http://localhost.example", .clearText), ("http://10.0.0.1", .clearText), ("http://128.0.0.1", .clearText),
            ("http://[::2]", .clearText), ("http://[::ffff:127.0.0.1]", .clearText),
        ] as [(String, EndpointProblem)]
    )
    func `says what is wrong with a base URL`(text: String, problem: EndpointProblem) {
        #expect(throws: problem) { try Endpoint(text) }
    }

    @Test(arguments: [
        ("http://Proxy.example:3128", "http://proxy.example:3128"),
        ("http://10.0.0.1:8080/", "http://10.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ])
    func `reads a proxy's URL`(text: String, url: String) throws {
        let proxy = try ProxyEndpoint(text)
        #expect(proxy.description == url)
        #expect(try ProxyEndpoint(url) == proxy)
    }

    @Test(
        arguments: [
            ("proxy.example:3128", .scheme), ("https://proxy.example:3128", .scheme),
            ("socks5://proxy.example:1080", .scheme), ("http://me:word@proxy.example:3128", .userInfo),
            ("http://proxy.example", .proxyWithoutPort), ("http://:3128", .noHost),
            ("http://proxy.example:3128/path", .proxyWithPath), ("http://proxy.example:3128//", .proxyWithPath),
            ("http://300.1.1.1:3128", .host), ("http://proxy.example:3128?a", .queryOrFragment),
        ] as [(String, EndpointProblem)]
    )
    func `says what is wrong with a proxy's URL`(text: String, problem: EndpointProblem) {
        #expect(throws: problem) { try ProxyEndpoint(text) }
    }
}
