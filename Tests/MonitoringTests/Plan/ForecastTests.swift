import Monitoring
import Testing

@testable import RefreshCore

struct ForecastTests {
    static let from = Timestamp(secondsSinceEpoch: 1_900_000_020)

    static func forecast(
        _ histogram: DueHistogram, _ policies: Policies = Policies(), requestsPerSecond: Double = 20,
        latency: Duration = .seconds(5), outage: Duration = .hours(4)
    ) throws -> Forecast {
        var admission = Admission.Policy()
        admission.concurrency = .fixed(64)
        admission.requestsPerSecond = requestsPerSecond
        return try Forecast(
            of: histogram, policies: policies, admission: admission,
            assumptions: .init(latency: latency, outage: outage))
    }

    static func fleet(_ users: Int, every: Duration = .hours(24)) -> DueHistogram {
        DueHistogram(users: users, cadence: Cadence(every: every), from: from)
    }

    /// A policy in which nothing but the cadence decides.
    static func policies(every: Duration) -> Policies {
        Policies(
            standard: UserPolicy(
                cadence: Cadence(every: every), minimumInterval: .seconds(1), attemptsPerDay: 1_000_000))
    }

    @Test(arguments: [0, 1, 2, 77, 10_000, 123_457])
    func `a fleet called once a day has as many calls as users`(users: Int) throws {
        let forecast = try Self.forecast(Self.fleet(users))
        #expect(forecast.calls == users)
        #expect(forecast.callsPerHour.count == 24)
        #expect(forecast.users == users)
    }

    @Test(arguments: [
        (Duration.hours(12), 2.0), (.hours(6), 4), (.minutes(45), 32), (.days(2), 0.5), (.days(7), 1 / 7.0),
        (.days(90), 1 / 90.0),
    ]) func `a fleet is called as often as its cadence says`(every: Duration, turns: Double) throws {
        let users = 90_000
        let forecast = try Self.forecast(Self.fleet(users, every: every), Self.policies(every: every))
        let expected = Double(users) * turns
        #expect(
            abs(Double(forecast.calls) - expected) <= expected * 0.02 + 4 * expected.squareRoot(),
            "\(forecast.calls) for \(expected)")
        #expect(forecast.users == users)
    }

    @Test func `the minimum interval and the day's budget bound the calls`() throws {
        let policy = UserPolicy(cadence: Cadence(every: .minutes(10)), minimumInterval: .hours(6), attemptsPerDay: 3)
        let forecast = try Self.forecast(
            DueHistogram(users: 1_000, cadence: policy.cadence, from: .startOfDay(20_000)), Policies(standard: policy))
        #expect(forecast.calls == 3_000)
    }

    @Test(arguments: [1, 60, 5_000, 200_000])
    func `the peak is no lower than the mean`(users: Int) throws {
        for every in [Duration.hours(24), .hours(5), .days(3)] {
            let forecast = try Self.forecast(Self.fleet(users, every: every), Self.policies(every: every))
            #expect(forecast.peakPerMinute >= forecast.meanPerMinute)
            #expect(forecast.peakInFlight >= forecast.meanInFlight)
            #expect(Double(forecast.calls) / 1_440 >= forecast.meanPerMinute - 1e-9)
        }
    }

    @Test func `calls in flight are calls a second times their latency`() throws {
        var histogram = DueHistogram(from: Self.from, width: .minutes(1), count: 1_440)
        histogram.add(600, of: nil, in: .scheduled, due: Self.from.advanced(by: .minutes(90)), isFree: true)
        let forecast = try Self.forecast(histogram, latency: .seconds(3))
        #expect(forecast.peakInFlight == 30)
        #expect(forecast.peak.at == Self.from.advanced(by: .minutes(90)))
        #expect(forecast.peak.calls == 600)
        #expect(forecast.callsPerHour[1] == 600)
    }

    @Test func `users that are not called are left out and counted`() throws {
        var histogram = Self.fleet(100)
        histogram.add(7, of: nil, in: .parked, due: nil, isFree: true)
        histogram.add(5, of: nil, in: .paused, due: nil, isFree: true)
        let forecast = try Self.forecast(histogram)
        #expect(forecast.users == 100)
        #expect(forecast.calls == 100)
        #expect(forecast.parked == 7)
        #expect(forecast.paused == 5)
    }

    @Test func `users overdue are called first, as fast as the limits allow, and again at their slot`() throws {
        var histogram = DueHistogram(from: Self.from, width: .minutes(1), count: 1_440)
        histogram.add(9_000, of: nil, in: .scheduled, due: Self.from.advanced(by: .hours(-2)), isFree: true)
        let forecast = try Self.forecast(histogram, requestsPerSecond: 1)
        #expect(forecast.overdue == 9_000)
        #expect(forecast.timeToClearOverdue.map { $0 > .hours(2) && $0 < .hours(4) } == true)
        #expect(forecast.callsPerHour[0] == 3_600)
        // The minimum interval of 6 hours moves the slots of the first quarter of the day to the next.
        #expect(abs(forecast.calls - 9_000 - 6_750) < 300, "\(forecast.calls)")
    }

    @Test func `every group follows its own rules`() throws {
        let gold = try #require(GroupName("gold"))
        var policies = Policies()
        policies.groups[gold] = UserPolicy(cadence: Cadence(every: .hours(6)))
        var row = DueHistogram.Row(group: gold, count: 1_440)
        for minute in 0..<360 { row.scheduled[minute] = 10 }
        let everybody = Self.fleet(1_000)
        let histogram = DueHistogram(from: Self.from, width: .minutes(1), rows: everybody.rows + [row])
        let forecast = try Self.forecast(histogram, policies)
        #expect(forecast.parts.map(\.users) == [1_000, 3_600])
        #expect(forecast.parts[0].due.reduce(0, +) == 1_000)
        #expect(abs(forecast.parts[1].due.reduce(0, +) - 14_400) <= 40)
        #expect(forecast.parts[1].due.max().map { $0 <= 20 } == true)
    }

    @Test func `an outage waits out nobody twice`() throws {
        let users = 5_000
        let short = try Self.forecast(
            Self.fleet(users, every: .hours(6)), Self.policies(every: .hours(6)), outage: .hours(3))
        #expect(abs(short.catchUp.waiting - users / 2) < 200)
        for outage in [Duration.hours(6), .hours(30), .days(400)] {
            let long = try Self.forecast(
                Self.fleet(users, every: .hours(6)), Self.policies(every: .hours(6)), outage: outage)
            #expect(long.catchUp.waiting == users)
        }
    }

    @Test func `limits below the plan never catch up`() throws {
        let forecast = try Self.forecast(Self.fleet(100_000), requestsPerSecond: 1)
        #expect(forecast.catchUp.time == nil)
        #expect(forecast.verdict.kind == .overloaded)
    }
}
