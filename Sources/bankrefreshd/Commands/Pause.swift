import ArgumentParser
import RefreshCore
import RefreshDaemon

struct Pause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Call nobody, until resumed or for a while.",
        discussion: """
            Calls under way end as usual. The pause holds over a restart of the daemon, and can be set while none runs.

              bankrefreshd pause
              bankrefreshd pause --for 4h
            """)

    @OptionGroup var common: CommonOptions

    @Option(name: .customLong("for"), help: "How long: 90m, 4h, 7d.")
    var length: String?

    func run() async throws {
        let until = try length.map { Calendar.now.advanced(by: try ArgumentReading.duration($0, option: "--for")) }
        let status = try await common.withOperations { try await $0.pauseFleet(until: until) }
        if common.json { return StandardOutput.write(try JSONText.of(status)) }
        var text = "paused" + (status.fleetPausedUntil.map { " until \($0)" } ?? "")
        if status.inFlight > 0 { text += "; \(status.inFlight) under way may end" }
        StandardOutput.write(text + "; bankrefreshd resume ends it\n")
    }
}
