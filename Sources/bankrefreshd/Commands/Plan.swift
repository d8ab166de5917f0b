import ArgumentParser
import Monitoring
import FoundationEssentials
import RefreshConfiguration
import RefreshCore
import RefreshDaemon

struct Plan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Predict the next 24 hours, and whether the limits suffice.",
        discussion: """
            The plan assumes that every call succeeds. It counts, but leaves out, users that are parked or paused \
            without an end. If daemons share the store, the plan uses the settings that they follow; with --users, \
            those of the file. The figures for journal and history use the average size of an entry and of a call.

              bankrefreshd plan
              bankrefreshd plan --users 1000000 --latency 20s
              bankrefreshd plan --svg plan.svg

            --json prints one object. Moments are RFC 3339 in UTC, spans are seconds.
              from, users (called), overdue, parked, paused
              calls (in 24 hours), callsPerHour (24 numbers, as they are due)
              meanPerMinute, peakPerMinute, peakAt
              latencySeconds, meanInFlight, peakInFlight
              clearOverdueSeconds (missing: never)
              outageSeconds, waitingAfterOutage, catchUpSeconds (missing: never)
              longestWaitSeconds (how late a call may begin)
              journalBytesPerDay, storeBytesPerDay, historyBytes (of the store, once history is at its bounds)
              verdict (carries, late, overloaded), sentence
              limits: requestsPerSecond, concurrency
                callsPerMinute (what both let through)
                requestsPerSecondShare, concurrencyShare (at the peak, 1 is all)
              groups, one for each: group (missing: none), everySeconds, users
                overdue, parked, paused, peakPerMinute
                calls (due in 24 hours, those overdue now aside)
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: "Plan for this number of new users, without reading the store.")
    var users: Int?

    @Option(help: "The assumed duration of a call.")
    var latency = "5s"

    @Option(help: "The assumed length of an outage.")
    var outage = "4h"

    @Option(help: ArgumentHelp("Also write the plot to a file, as SVG.", valueName: "file"), completion: .file())
    var svg: String?

    func validate() throws {
        if let users, !(0...100_000_000).contains(users) {
            throw ValidationError("--users: \(users) is not a number from 0 to 100000000")
        }
    }

    func run() async throws {
        let written = try common.file.load()
        let latency = try ArgumentReading.duration(latency, option: "--latency")
        let outage = try ArgumentReading.duration(outage, option: "--outage")
        let (histogram, configuration) = try await look(written)
        let log = configuration.log
        let assumptions = Forecast.Assumptions(
            latency: latency, outage: outage, history: configuration.history,
            summaryInterval: log.refreshed == .summary ? log.summaryInterval : nil)
        let forecast = try Forecast(
            of: histogram, policies: configuration.policies, admission: configuration.admissionPolicy,
            assumptions: assumptions)
        if let svg { try write(forecast.svg, to: svg) }
        if common.json { return StandardOutput.write(try JSONText.of(ForecastReport(forecast))) }
        StandardOutput.write(
            forecast.text(width: Table.terminalWidth, glyphs: LocaleEncoding.isUTF8 ? .blocks : .ascii))
    }

    /// When users fall due, and the configuration that applies to their calls.
    private func look(_ configuration: Configuration) async throws -> (DueHistogram, Configuration) {
        let second = Calendar.now.microsecondsSinceEpoch / 1_000_000
        let from = Timestamp(secondsSinceEpoch: second - second % 60)
        if let users {
            return (DueHistogram(users: users, cadence: configuration.standard.cadence, from: from), configuration)
        }
        return try await common.withOperations { operations in
            let due = CountDue(from: from, width: .minutes(1), count: DueHistogram.minutes)
            let histogram = try await operations.perform(due)
            let text = try await operations.perform(ReadFleetSettings()).text
            return (histogram, follow(text.flatMap { try? SharedSettings(text: $0) }, configuration))
        }
    }

    /// Applies the fleet's settings; ignores settings of a newer version that cannot be read.
    private func follow(_ fleet: SharedSettings?, _ configuration: Configuration) -> Configuration {
        guard let fleet else { return configuration }
        let differences = SharedSettings(of: configuration).differences(from: fleet)
        if !differences.isEmpty {
            Remark.write(
                "the plan uses the settings that the daemons of the store follow: "
                    + differences.sentence(of: common.file.path))
        }
        return configuration.following(fleet)
    }

    private func write(_ text: String, to path: String) throws {
        do {
            // Written to a temporary file and renamed: readers see either the old plot or the new one.
            try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw CommandFailure(
                .notAllowed, "--svg: \(path.sanitized(limit: 200)) cannot be written",
                remedy: "name a file in a directory that exists and that you may write to")
        }
    }
}
