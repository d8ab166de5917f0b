import ArgumentParser
import RefreshCore
import RefreshDaemon

struct Pause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stop all calls until resumed, or for a while.",
        discussion: """
            Calls in flight end as usual. The pause survives a restart of the daemon, and you can set it while no \
            daemon runs. status and the journal show the reason.

              bankrefreshd pause
              bankrefreshd pause --for 4h --reason "the bank asked us to, ticket 4711"
              bankrefreshd pause --until 06:00
              bankrefreshd pause --until 2027-01-31T06:00:00Z
            """)

    @OptionGroup var common: CommonOptions

    @Option(name: .customLong("for"), help: ArgumentHelp("How long to pause: 90m, 4h, 7d.", valueName: "time"))
    var length: String?

    @Option(help: ArgumentHelp("When the pause ends: 06:00, local time, or 2027-01-31T06:00:00Z.", valueName: "moment"))
    var until: String?

    @Option(
        help: ArgumentHelp(
            "The reason, which status and the journal show; cut to \(FleetPause.longestReason) characters.",
            valueName: "text"))
    var reason: String?

    func validate() throws {
        if length != nil, until != nil { throw ValidationError("give --for or --until, not both") }
    }

    func run() async throws {
        let until = try end()
        let status = try await common.withOperations(makingStore: true) {
            try await $0.perform(PauseAll(until: until, reason: reason))
        }
        if common.json { return StandardOutput.write(try JSONText.of(status)) }
        var text = "paused" + (status.fleetPausedUntil.map { " until \($0)" } ?? "")
        if let reason = status.fleetPauseReason { text += " (\(reason))" }
        if status.inFlight > 0 { text += "; \(status.inFlight) in flight may end" }
        StandardOutput.write(text + "; bankrefreshd resume ends it\n")
    }

    private func end() throws -> Timestamp? {
        if let length { return Calendar.now.advanced(by: try ArgumentReading.duration(length, option: "--for")) }
        guard let until else { return nil }
        let moment = try ArgumentReading.moment(until, option: "--until")
        guard moment > Calendar.now else {
            throw CommandFailure(.usage, "--until: \(moment) has passed", remedy: "name a future time, in UTC")
        }
        return moment
    }
}
