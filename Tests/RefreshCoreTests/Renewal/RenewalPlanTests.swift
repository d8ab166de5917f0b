import Testing

@testable import RefreshCore

/// When a renewal that failed is tried again.
struct RenewalPlanTests {
    private let now = Timestamp(secondsSinceEpoch: 1_800_000_000)
    private let policy = UserPolicy()

    private func wait(after outcome: Outcome, failures: Int, seed: UInt64) throws -> Duration {
        var arbitrary = Arbitrary(seed: seed)
        var user = arbitrary.user(now: now)
        user.renewal.failures = failures - 1
        let renewal = RenewalPlan.afterFailure(outcome, of: user, now: now, policy: policy, using: &arbitrary.random)
        #expect(renewal.failures == failures)
        return now.duration(to: try #require(renewal.due))
    }

    @Test(arguments: [
        (Outcome.unavailable(.notConnected), 1, Duration.seconds(15), Duration.seconds(30)),
        (.unavailable(.status(503)), 2, .seconds(30), .seconds(60)),
        (.unknown(.timeout), 20, .minutes(30), .hours(1)),
        (.throttled(retryAfter: nil), 1, .seconds(15), .seconds(30)),
        // What was asked for in full, cut to the longest, and a tenth.
        (.throttled(retryAfter: .hours(2)), 1, .hours(2), .minutes(132)),
        (.unavailable(.status(503, retryAfter: .hours(2))), 1, .hours(2), .minutes(132)),
        (.throttled(retryAfter: .days(300)), 1, .hours(24), .minutes(1_584)),
        (.throttled(retryAfter: .seconds(1)), 8, .hours(1), .minutes(66)),
        // One user's refusal is on the backoff for one user's failures.
        (.refused(status: 404), 1, .hours(3), .hours(6)), (.refused(status: 422), 3, .hours(12), .hours(24)),
        (.refused(status: 404), 40, .hours(84), .days(7)),
        (.refused(status: 409), 1, .hours(3), .hours(6)), (.refused(status: 409), 9, .hours(3), .hours(6)),
    ])
    func `waits as its reason asks`(outcome: Outcome, failures: Int, least: Duration, most: Duration) throws {
        for seed in 0..<40 as Range<UInt64> {
            let wait = try wait(after: outcome, failures: failures, seed: seed)
            #expect(wait >= least && wait <= most + .milliseconds(1), "\(wait)")
        }
    }
}
