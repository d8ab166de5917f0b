import Monitoring
import Testing

@testable import RefreshCore

/// Holds the forecast to what admission does, played minute by minute in virtual time.
struct AdmissionAgreementTests {
    @Test(arguments: [
        (users: 100_000, requestsPerSecond: 3.0, latency: Duration.seconds(5)),
        (100_000, 20, .seconds(5)), (400_000, 8, .seconds(1)), (50_000, 1, .milliseconds(200)),
        (100_000, 1_000, .seconds(8)),
    ]) func `catching up takes as long as admission needs`(
        users: Int, requestsPerSecond: Double, latency: Duration
    ) throws {
        var policy = Admission.Policy()
        policy.concurrency = .fixed(64)
        policy.requestsPerSecond = requestsPerSecond
        let histogram = ForecastTests.fleet(users)
        let forecast = try Forecast(
            of: histogram, policies: Policies(), admission: policy,
            assumptions: .init(latency: latency, outage: .hours(4)))
        let foretold = try #require(forecast.catchUp.time).wholeMicroseconds
        let played = try play(
            waiting: forecast.catchUp.waiting, perSecond: Double(users) / 86_400, policy: policy, latency: latency
        ).wholeMicroseconds
        #expect(abs(Double(foretold - played)) <= 0.2 * Double(played), "\(foretold) foretold, \(played) played")
    }

    /// How long until nobody waits any more, if users fall due at an even rate meanwhile.
    private func play(waiting: Int, perSecond: Double, policy: Admission.Policy, latency: Duration) throws -> Duration {
        let step = Duration.milliseconds(100)
        var now = ForecastTests.from
        var admission = Admission(policy: policy, now: now)
        var random = SplitMix64(seed: 1)
        var due = Double(waiting)
        var calls: [(ends: Timestamp, ticket: Admission.Ticket)] = []
        var ended = 0
        while due >= 1, ForecastTests.from.duration(to: now) < .days(3) {
            while ended < calls.count, calls[ended].ends <= now {
                let user = try #require(Place(rawValue: Int64(ended)))
                _ = admission.end(
                    calls[ended].ticket, EndedCall(outcome: .refreshed, user: user, latency: latency), now: now,
                    using: &random)
                ended += 1
            }
            while due >= 1, case .granted(let count) = admission.permits(for: Int(due), now: now).permits {
                let ticket = admission.begin(count, now: now)
                let ends = now.advanced(by: latency)
                for _ in 0..<count { calls.append((ends, ticket)) }
                due -= Double(count)
            }
            now = now.advanced(by: step)
            due += perSecond * 0.1
        }
        return ForecastTests.from.duration(to: now)
    }
}
