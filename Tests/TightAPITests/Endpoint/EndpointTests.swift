import Testing
import TightAPI

struct EndpointTests {
    @Test(arguments: [
        ("https://prod.hurdlr.com/rest", "https://prod.hurdlr.com/rest/v5"),
        ("HTTPS://Prod.Hurdlr.COM/rest/", "https://prod.hurdlr.com/rest/v5"),
        ("https://prod.hurdlr.com", "https://prod.hurdlr.com/v5"),
        ("https://prod.hurdlr.com/", "https://prod.hurdlr.com/v5"),
        ("https://prod.hurdlr.com:443/a/b", "https://prod.hurdlr.com/a/b/v5"),
        ("https://10.1.2.3:8443/rest", "https://10.1.2.3:8443/rest/v5"),
        ("https://[2001:db8::1]:8443/rest", "https://[2001:db8::1]:8443/rest/v5"),
        ("https://tight/a%20b", "https://tight/a%20b/v5"),
        ("http://localhost:8080/rest", "http://localhost:8080/rest/v5"),
        ("http://127.0.0.1", "http://127.0.0.1/v5"),
        ("http://127.9.9.9:80", "http://127.9.9.9/v5"),
        ("http://[::1]:8080", "http://[::1]:8080/v5"),
        ("http://[0:0:0:0:0:0:0:1]:8080", "http://[0:0:0:0:0:0:0:1]:8080/v5"),
    ])
    func `reads a base URL`(text: String, url: String) throws {
        let endpoint = try Endpoint(text)
        #expect(endpoint.url(of: "/v5") == url)
    }

    @Test(arguments: [
        ("", EndpointProblem.noScheme),
        ("prod.hurdlr.com/rest", .noScheme),
        ("prod.hurdlr.com:443", .noScheme),
        ("://prod.hurdlr.com", .noScheme),
        ("ftp://prod.hurdlr.com", .unsupportedScheme("ftp", allowed: "https")),
        ("https://user:word@prod.hurdlr.com", .userInfo),
        ("https://@prod.hurdlr.com", .userInfo),
        ("https://prod.hurdlr.com/rest?a=b", .query),
        ("https://prod.hurdlr.com?", .query),
        ("https://prod.hurdlr.com/rest#top", .fragment),
        ("https://", .noHost),
        ("https:///rest", .noHost),
        ("https://:443/rest", .noHost),
        ("https://prod.hurdlr.com./rest", .illegalHost("prod.hurdlr.com.")),
        ("https://prod..com", .illegalHost("prod..com")),
        ("https://-prod.com", .illegalHost("-prod.com")),
        ("https://prod hurdlr.com", .illegalHost("prod hurdlr.com")),
        ("https://bücher.example", .illegalHost("bücher.example")),
        ("https://prod.com\n", .illegalHost("prod.com")),
        ("https://1.2.3", .illegalHost("1.2.3")),
        ("https://1.2.3.256", .illegalHost("1.2.3.256")),
        ("https://1.2.3.04", .illegalHost("1.2.3.04")),
        ("https://[1.2.3.4]", .illegalHost("1.2.3.4")),
        ("https://[::1", .illegalHost("[::1")),
        ("https://[::g]", .illegalHost("::g")),
        ("https://::1", .noHost),
        ("https://[::1]8080", .illegalPort("080")),
        ("https://tight:", .illegalPort("")),
        ("https://tight:0", .illegalPort("0")),
        ("https://tight:65536", .illegalPort("65536")),
        ("https://tight:+80", .illegalPort("+80")),
        ("https://tight:80:80", .illegalPort("80:80")),
        ("https://tight/a b", .illegalPath("/a b")),
        ("https://tight/a//b", .illegalPath("/a//b")),
        ("https://tight/../b", .illegalPath("/../b")),
        ("https://tight/a%2", .illegalPath("/a%2")),
        ("https://tight/a%zz", .illegalPath("/a%zz")),
        ("https://tight/é", .illegalPath("/é")),
        ("http://prod.hurdlr.com/rest", .plainHTTP(host: "prod.hurdlr.com")),
        ("http://127.0.0.1.example", .plainHTTP(host: "127.0.0.1.example")),
        ("http://localhost.example", .plainHTTP(host: "localhost.example")),
        ("http://10.0.0.1", .plainHTTP(host: "10.0.0.1")),
        ("http://[::2]", .plainHTTP(host: "::2")),
    ])
    func `says what is wrong with a base URL`(text: String, problem: EndpointProblem) {
        let thrown = #expect(throws: EndpointProblem.self) { try Endpoint(text) }
        #expect(thrown == problem)
        #expect(!problem.description.isEmpty && !problem.description.contains("word@"))
    }

    @Test(arguments: [
        ("http://proxy.example:3128", "http://proxy.example:3128"),
        ("http://10.0.0.1:8080/", "http://10.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ])
    func `reads a proxy's URL`(text: String, url: String) throws {
        let proxy = try ProxyEndpoint(text)
        #expect(proxy.description == url)
    }

    @Test(arguments: [
        ("proxy.example:3128", EndpointProblem.noScheme),
        (
            "https://proxy.example:3128",
            .unsupportedScheme("https", allowed: "http, and the proxy's plain port")
        ),
        (
            "socks5://proxy.example:1080",
            .unsupportedScheme("socks5", allowed: "http, and the proxy's plain port")
        ),
        ("http://me:word@proxy.example:3128", .userInfo),
        ("http://proxy.example", .proxyWithoutPort),
        ("http://proxy.example:3128/path", .proxyWithPath),
    ])
    func `says what is wrong with a proxy's URL`(text: String, problem: EndpointProblem) {
        let thrown = #expect(throws: EndpointProblem.self) { try ProxyEndpoint(text) }
        #expect(thrown == problem)
    }
}
