import Monitoring
import Testing

@testable import RefreshCore

/// Holds the forecast, made from counts alone, to users followed one by one.
struct ProjectionAgreementTests {
    @Test(arguments: [
        UserPolicy(), UserPolicy(cadence: Cadence(every: .hours(5)), minimumInterval: .hours(1), attemptsPerDay: 9),
        UserPolicy(cadence: Cadence(every: .hours(6)), minimumInterval: .hours(6), attemptsPerDay: 2),
        UserPolicy(cadence: Cadence(every: .days(2))),
    ]) func `counts lead to the calls that users followed one by one get`(policy: UserPolicy) throws {
        let users = 4_000
        let end = ForecastTests.from.advanced(by: .hours(24))
        var histogram = DueHistogram(from: ForecastTests.from, width: .minutes(1), count: 1_440)
        var places = SplitMix64(seed: 5)
        var random = SplitMix64(seed: 6)
        var expected = Array(repeating: 0, count: 24)
        for index in 0..<users {
            let place = try #require(Place(rawValue: Int64(places.next() >> 1)))
            var user = NextStep.added(
                try UserID("user \(index)"), at: place, group: nil, policy: policy, now: ForecastTests.from)
            // A fifth of them waits after a failure, until any moment.
            if index.isMultiple(of: 5) {
                let wait = Duration.seconds(Int64.random(in: 0..<86_400, using: &random))
                user.state = .backingOff(due: ForecastTests.from.advanced(by: wait))
            }
            histogram.add(of: nil, in: user.state.kind, due: user.state.due, isFree: true)
            while let due = user.state.due, due < end {
                expected[Int(ForecastTests.from.duration(to: due) / .hours(1))] += 1
                let attempt = Attempt(
                    outcome: .refreshed, httpStatus: 200, trigger: .schedule, startedAt: due,
                    endedAt: due.advanced(by: .seconds(5)), duration: .seconds(5))
                user = NextStep.after(attempt, of: user, under: policy, using: &random)
            }
        }
        let forecast = try ForecastTests.forecast(histogram, Policies(standard: policy))
        let total = expected.reduce(0, +)
        #expect(abs(forecast.calls - total) <= total / 50, "\(forecast.calls) for \(total)")
        for (hour, calls) in forecast.callsPerHour.enumerated() {
            #expect(
                abs(calls - expected[hour]) <= max(30, expected[hour] / 5), "hour \(hour): \(calls), \(expected[hour])")
        }
    }
}
