import NIOCore
import Testing

@testable import TightAPI

struct ReusePolicyTests {
    private func at(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(seconds) }

    @Test(
        arguments: [
            ("timeout=5, max=100", 5, 100), ("timeout=15", 15, nil), ("max=0", nil, 0), ("Timeout = 5 ,MAX=99", 5, 99),
            ("timeout=\"7\"", 7, nil), ("timeout=0", 0, nil), ("timeout=99999999999999", 86_400, nil),
            ("x=1, timeout=3", 3, nil),
        ] as [(String, Int64?, Int?)])
    func `reads what a server says of how long it keeps a connection`(text: String, timeout: Int64?, requests: Int?)
        throws
    {
        let hint = try #require(KeepAliveHint(text))
        #expect(hint.timeout == timeout.map { .seconds($0) })
        #expect(hint.requests == requests)
    }

    @Test(arguments: [
        "", "timeout", "timeout=", "timeout=-1", "timeout=five", "timeout=5s", "true", "=5",
        "timeout=999999999999999999999",
    ])
    func `reads nothing where nothing is said`(text: String) {
        #expect(KeepAliveHint(text) == nil)
    }

    @Test(
        arguments: [
            (nil, 4_000), (5, 4_000), (2, 1_600), (1, 800), (0, 0), (15, 14_000), (60, 59_000), (3_600, 60_000),
        ] as [(Int64?, Int64)])
    func `stays below what the server says, and below five seconds where it says nothing`(hint: Int64?, longest: Int64)
    {
        let policy = ReusePolicy(standard: .seconds(4))
        #expect(policy.longestIdle(hint.map { .seconds($0) }, at(0)) == .milliseconds(longest))
    }

    @Test func `learns of a close, and forgets it slowly`() {
        var policy = ReusePolicy(standard: .seconds(4))
        policy.closed(after: .seconds(2), at(0))
        #expect(policy.longestIdle(nil, at(0)) == .milliseconds(1_600))
        #expect(policy.longestIdle(.seconds(60), at(0)) == .milliseconds(1_600))
        policy.closed(after: .seconds(3), at(1))
        #expect(policy.longestIdle(nil, at(1)) == .milliseconds(1_600))
        #expect(policy.longestIdle(nil, at(599)) == .milliseconds(1_600))
        #expect(policy.longestIdle(nil, at(601)) == .milliseconds(2_000))
        #expect(policy.longestIdle(nil, at(86_400)) == .seconds(4))
        #expect(policy.longestIdle(.seconds(60), at(86_400)) == .seconds(59))
    }

    @Test func `trusts a server that answers again, and one that closed behind an answer only after many times`() {
        var policy = ReusePolicy(standard: .seconds(4))
        #expect(!policy.isTrusted)
        policy.reused()
        #expect(policy.isTrusted)
        policy.closed(after: .milliseconds(3), at(0))
        #expect(!policy.isTrusted)
        #expect(policy.longestIdle(nil, at(0)) == .seconds(4))
        for _ in 0..<7 { policy.reused() }
        #expect(!policy.isTrusted)
        policy.reused()
        #expect(policy.isTrusted)
        policy.closed(after: .milliseconds(3), at(0))
        for _ in 0..<63 { policy.reused() }
        #expect(!policy.isTrusted)
    }
}
