import Monitoring
import Testing

@testable import RefreshCore

/// What calls leave on the disk.
struct GrowthTests {
    private static func growth(
        _ users: Int, every: Duration = .days(1), history: HistoryBounds = HistoryBounds(), summary: Duration? = nil
    ) throws -> Forecast.Growth {
        try Forecast(
            of: ForecastTests.fleet(users, every: every), policies: ForecastTests.policies(every: every),
            admission: Admission.Policy(), assumptions: .init(history: history, summaryInterval: summary)
        ).growth
    }

    @Test func `a fleet that is called daily fills its history in as many days as are kept`() throws {
        let growth = try Self.growth(1_000_000)
        #expect(growth.journalBytesPerDay == 1_100_000_000)
        #expect(growth.storeBytesPerDay == 40_000_000)
        #expect(growth.historyBytes == 3_600_000_000)
    }

    @Test func `attempts beyond what is kept of a user take nothing`() throws {
        let growth = try Self.growth(10_000, every: .hours(6))
        #expect(abs(growth.storeBytesPerDay - 1_600_000) < 20_000)
        #expect(growth.historyBytes == 10_000 * 100 * 40)
        #expect(try Self.growth(10_000, history: HistoryBounds(keep: 7)).historyBytes == 10_000 * 7 * 40)
    }

    @Test func `without a history the store does not grow, and entries that sum up are few`() throws {
        let growth = try Self.growth(1_000_000, history: HistoryBounds(keep: 0), summary: .minutes(1))
        #expect(growth.storeBytesPerDay == 0 && growth.historyBytes == 0)
        #expect(growth.journalBytesPerDay == 1_440 * 1_100)
        #expect(try Self.growth(10, summary: .minutes(1)).journalBytesPerDay == 10 * 1_100)
        #expect(try Self.growth(0).journalBytesPerDay == 0)
    }

    @Test(arguments: [
        (HistoryBounds(), nil, ["1.1 GB: 1.1 KB for the entry of each call", "3.6 GB, with history.maximumAge 90d"]),
        (
            HistoryBounds(keep: 0), Duration.minutes(5),
            ["317 KB: successes are summed up every 5m", "nothing: history.keep is 0"]
        ),
    ])
    func `the text says what a day adds, and what there is in the end`(
        history: HistoryBounds, summary: Duration?, lines: [String]
    ) throws {
        let forecast = try Forecast(
            of: ForecastTests.fleet(1_000_000), policies: ForecastTests.policies(every: .days(1)),
            admission: Admission.Policy(), assumptions: .init(history: history, summaryInterval: summary))
        let text = forecast.text(width: 80, glyphs: .ascii)
        for line in lines { #expect(text.contains(line)) }
    }
}
