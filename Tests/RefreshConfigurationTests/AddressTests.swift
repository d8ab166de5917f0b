import RefreshCore
import Testing

@testable import RefreshConfiguration

/// What the file says of addresses; what is one, `EndpointTests` tell.
struct AddressTests {
    private func problem(_ key: String, _ value: String) throws -> ConfigurationProblem {
        let text =
            "{\n  \"api\": {\"environment\": \(key == "proxy" ? "\"sandbox\"" : "null"),\n    \"\(key)\": \"\(value)\"}\n}"
        let problems = #expect(throws: ConfigurationProblems.self) { try Configuration(text: text) }
        return try #require(problems?.problems.first)
    }

    @Test(arguments: [
        ("baseURL", "https://300.1.1.1", "a host that is no name or address"),
        ("baseURL", "https://1.2.3/rest", "a host that is no name or address"),
        ("baseURL", "https://10.0.0.08", "a host that is no name or address"),
        ("baseURL", "https://a/%zz", "a path with an illegal character, an empty part, or . or .."),
        ("baseURL", "https://a:000443", "a port that is none"),
        ("baseURL", "http://api.example.com", "http:// would send tokens in clear text"),
        ("proxy", "http://300.1.1.1:3128", "a host that is no name or address"),
        ("proxy", "http://proxy", "the port is missing"),
        ("proxy", "http://proxy:3128/x", "a proxy with a path"),
    ])
    func `an address that no call could go to is refused in its place`(
        key: String, value: String, reason: String
    ) throws {
        let problem = try problem(key, value)
        #expect(problem.path == "api.\(key)")
        #expect(problem.line == 3)
        #expect(problem.column == (key == "proxy" ? 14 : 16))
        #expect(problem.reason == reason)
        #expect(problem.value == "\"\(value)\"")
    }

    @Test(arguments: [
        ("baseURL", "https://user:secret@a"), ("baseURL", "https://user:sec/ret@a"),
        ("baseURL", "https://user:sec?ret@a"), ("baseURL", "user:secret@a"), ("proxy", "http://user:secret@proxy:3128"),
        ("proxy", "user:secret@proxy:3128"), ("baseURL", "https://a?token=secret"),
    ])
    func `an address that may hold a secret is refused without being shown`(key: String, value: String) throws {
        let problem = try problem(key, value)
        #expect(problem.path == "api.\(key)")
        #expect(!"\(problem)".contains("ret"))
    }

    @Test(arguments: [
        ("http://[0:0:0:0:0:0:0:1]:8080", "http://[0:0:0:0:0:0:0:1]:8080"),
        ("HTTPS://Api.Example.COM:443/Rest//", "https://api.example.com:443/Rest"),
        ("https://[::ffff:192.0.2.1]", "https://[::ffff:192.0.2.1]"),
    ])
    func `an address is taken as it was written`(text: String, description: String) throws {
        let configuration = try Configuration(text: "{\"api\": {\"baseURL\": \"\(text)\"}}")
        #expect(configuration.api.server.description == description)
    }

    @Test func `the vendor's addresses are taken as anybody's are`() throws {
        for environment in TightEnvironment.allCases {
            let text = environment.baseURL.description
            #expect(try Configuration(text: "{\"api\": {\"baseURL\": \"\(text)\"}}").api.server == environment.baseURL)
        }
    }

    @Test(arguments: [
        ("127.0.0.1:9477", true, "127.0.0.1"), ("[::1]:9477", true, "::1"), ("localhost:1", true, "localhost"),
        ("0.0.0.0:80", false, "0.0.0.0"), ("[::]:80", false, "::"),
    ])
    func `an address to listen on is an IP address of this machine`(text: String, isLoopback: Bool, host: String) throws
    {
        let address = try #require(ListenAddress(text: text))
        #expect(address.description == text)
        #expect(address.host == host)
        #expect(address.isLoopback == isLoopback)
    }

    @Test(arguments: ["", "9477", ":9477", "127.0.0.1", "a.example:80", "300.0.0.1:80", "[::1]", "::1:80", "1.2.3:80"])
    func `anything else is none to listen on`(text: String) {
        #expect(ListenAddress(text: text) == nil)
    }
}
