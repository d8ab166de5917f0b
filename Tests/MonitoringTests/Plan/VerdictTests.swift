import Monitoring
import RefreshCore
import Testing

struct VerdictTests {
    /// As many calls in every minute, and `peak` in one.
    private func forecast(perMinute: Int, peak: Int, requestsPerSecond: Double, latency: Duration) throws -> Forecast {
        var row = DueHistogram.Row(group: nil, count: 1_440)
        for minute in row.scheduled.indices { row.scheduled[minute] = perMinute }
        row.scheduled[700] = peak
        return try ForecastTests.forecast(
            DueHistogram(from: ForecastTests.from, width: .minutes(1), rows: [row]),
            requestsPerSecond: requestsPerSecond, latency: latency)
    }

    @Test func `limits that suffice are said to, with what the peak takes of them`() throws {
        let verdict = try forecast(perMinute: 60, peak: 120, requestsPerSecond: 20, latency: .seconds(1)).verdict
        #expect(verdict.kind == .carries)
        #expect(verdict.rateShare == 0.1)
        #expect(verdict.longestWait == .zero)
        #expect(verdict.sentence.hasPrefix("The limits suffice: 10 % of limits.requestsPerSecond and "))
    }

    @Test func `a peak above the rate is late by what it takes to work it off`() throws {
        let verdict = try forecast(perMinute: 60, peak: 1_320, requestsPerSecond: 2, latency: .seconds(1)).verdict
        #expect(verdict.kind == .late)
        // 1,200 more than the 120 of a minute, two a second.
        #expect(verdict.longestWait == .minutes(10))
        #expect(
            verdict.sentence == "The limits suffice for the day but not for its peak: calls start up to 10 min late; "
                + "to have them on time, raise limits.requestsPerSecond from 2 to 28.")
    }

    @Test func `more calls than the rate allows name the rate to set`() throws {
        let verdict = try forecast(perMinute: 90, peak: 90, requestsPerSecond: 1, latency: .seconds(1)).verdict
        #expect(verdict.kind == .overloaded)
        #expect(verdict.sentence.hasSuffix("; raise limits.requestsPerSecond from 1 to 1.9."))
    }

    @Test func `calls too slow for the concurrency name the concurrency to set`() throws {
        let slow = try forecast(perMinute: 600, peak: 600, requestsPerSecond: 20, latency: .minutes(2))
        #expect(slow.verdict.kind == .overloaded)
        // 10 a second for 120 s, and a quarter.
        #expect(slow.verdict.enoughConcurrency == 1_500)
        #expect(slow.verdict.sentence.contains("raise limits.concurrency from \(slow.capacity.concurrency) to 1500"))
        #expect(!slow.verdict.sentence.contains("requestsPerSecond from"))
    }

    @Test func `limits are written as the configuration takes them`() throws {
        let verdict = try forecast(
            perMinute: 600_000, peak: 600_000, requestsPerSecond: 12.5, latency: .microseconds(1)
        ).verdict
        #expect(verdict.sentence.hasSuffix("; raise limits.requestsPerSecond from 12.5 to 13000."))
    }

    @Test(arguments: [(1.0, 37), (3.0, 240), (0.05, 2), (250.0, 12_000)])
    func `the limits proposed carry the plan`(requestsPerSecond: Double, perMinute: Int) throws {
        let low = try forecast(
            perMinute: perMinute, peak: perMinute * 3, requestsPerSecond: requestsPerSecond, latency: .milliseconds(10))
        let enough = max(requestsPerSecond, low.verdict.enoughRequestsPerSecond)
        let raised = try forecast(
            perMinute: perMinute, peak: perMinute * 3, requestsPerSecond: enough, latency: .milliseconds(10))
        #expect(raised.verdict.kind == .carries)
        #expect(raised.verdict.rateShare <= 0.81)
    }
}
