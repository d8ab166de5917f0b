import ArgumentParser
import ControlPlane
import Host
import RefreshCore
import RefreshDaemon

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what the daemon is doing now.",
        discussion: """
            If no daemon runs, the command says so and shows what the store holds. With --watch it shows a live screen \
            with calls per minute, until q or Ctrl-C; with --json it prints one JSON document per line.

              bankrefreshd status
              bankrefreshd status --json | jq .parked
              bankrefreshd status --watch
              bankrefreshd status --watch --interval 10s --json | jq .inFlight
            """)

    @OptionGroup var common: CommonOptions

    @Flag(help: "Show a live screen.")
    var watch = false

    @Option(help: ArgumentHelp("The interval of --watch; 2s by default.", valueName: "time"))
    var interval: String?

    func validate() throws {
        if interval != nil, !watch { throw ValidationError("--interval needs --watch") }
    }

    func run() async throws {
        if watch { return try await runWatch() }
        let status = try await common.withOperations { try await $0.perform(ReadStatus()) }
        if common.json { return StandardOutput.write(try JSONText.of(status)) }
        StandardOutput.write(Self.text(status))
    }

    private func runWatch() async throws {
        let interval = try interval.map { try ArgumentReading.duration($0, option: "--interval") } ?? .seconds(2)
        guard interval >= .milliseconds(100) else {
            throw CommandFailure(.usage, "--interval: \(interval.text) is too short", remedy: "give 100ms or more")
        }
        let common = common
        let watch = StatusWatch(interval: interval) { try await common.daemon().perform(ReadStatus()) }
        if common.json { return try await watch.asJSON() }
        guard StandardOutput.isTerminal, ProcessEnvironment.value("TERM") != "dumb" else {
            let what = StandardOutput.isTerminal ? "a terminal that can draw, and TERM is dumb" : "a terminal"
            throw CommandFailure(
                .usage, "status --watch needs \(what)",
                remedy: "line by line: bankrefreshd status --watch --json, one document a line")
        }
        // A daemon may still start, so the screen waits for it. Other failures are reported.
        _ = try common.daemonIfRunning()
        let code = try await watch.onTerminal()
        if code != 0 { throw ExitCode(code) }
    }

    static func text(_ status: StatusReport) -> String {
        var table = Table("bankrefreshd \(status.version)", status.summary)
        if let since = status.since { table.add("since", since) }
        table.add("health", status.health.headline)
        for finding in status.health.findings {
            let title = finding.title == status.health.headline ? "" : "\(finding.title). "
            table.add("  \(finding.level.rawValue)", "\(title)\(finding.detail)  (\(finding.command))")
        }
        if let server = status.server { table.add("store", server) }
        if let trouble = status.storeTrouble { table.add("store", "does not work since \(trouble.since)") }
        if status.areCountsMissing {
            table.add("users", "not known: \(status.missingCountsText)")
        } else {
            addUsers(of: status, to: &table)
        }
        if status.fleetPaused {
            table.add(
                "all calls paused",
                (status.fleetPausedUntil.map { "until \($0)" } ?? "yes")
                    + (status.fleetPauseReason.map { ": \($0)" } ?? "") + "  (bankrefreshd resume)")
        }
        if status.phase != .down {
            table.add("in flight", "\(status.inFlight)" + (status.concurrency.map { " of \($0)" } ?? ""))
            if let rate = status.learnedRate { table.add("rate", "\(rate.callsText): Tight lets no more through") }
            if let until = status.throttledUntil {
                table.add("throttled", "until \(until): Tight asks to call less often")
            }
            if let breaker = status.breaker {
                var text = breaker.state.rawValue
                if let until = breaker.until { text += " until \(until)" }
                if let reason = breaker.reason { text += ": \(reason)" }
                if let inspection = breaker.inspection { text += "  (\(inspection))" }
                table.add("breaker", text)
            }
            if let renewals = status.renewals, renewals.state != .closed {
                let what = renewals.until.map { "suspended until \($0)" } ?? "tried again, a few at first"
                table.add("renewal of tokens", what + (renewals.reason.map { ": \($0)" } ?? ""))
            }
            for (outcome, count) in status.outcomes.sorted(by: { $0.key < $1.key }) {
                table.add(outcome, count.grouped)
            }
        }
        for member in status.members { table.add("daemon \(member.name)", text(member)) }
        for (span, counts) in [("last hour", status.outcomesLastHour), ("last day", status.outcomesLastDay)]
        where !counts.isEmpty {
            let ordered = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            let words = ordered.map { "\($0.value.grouped) \($0.key)" }
            table.add(span, words.joined(separator: ", "))
        }
        if let store = status.store { table.add("store's files", text(store)) }
        if let backup = status.backup {
            table.add(
                "last backup",
                (backup.last ?? "none") + ", every \(backup.every)" + (backup.failure.map { "; failed: \($0)" } ?? ""))
        }
        if let configuration = status.configuration { add(configuration, to: &table) }
        return table.text(width: nil)
    }

    private static func addUsers(of status: StatusReport, to table: inout Table) {
        table.add("users", status.users.grouped)
        table.add("  scheduled", status.scheduled.grouped)
        table.add("  backing off", status.backingOff.grouped)
        table.add("  parked", status.parked.grouped)
        table.add("  paused", status.paused.grouped)
        for group in status.groups where !group.isConfigured { table.add("unknown group", group.remark) }
        table.add(
            "overdue",
            status.overdue.grouped + (status.overdue > 0 ? status.oldestDue.map { "  (since \($0))" } ?? "" : ""))
        table.add("next due", status.nextDue ?? "never")
    }

    private static func text(_ member: StatusReport.Member) -> String {
        let server = member.server.map { ", store on \($0)" } ?? ""
        guard member.isAlive else { return "not heard from since \(member.seen), version \(member.version)\(server)" }
        let share = Int((member.share * 100).rounded())
        return "works\(member.isAnswering ? " (this one)" : ""), \(share) % of the limits, "
            + "\(member.callsInFlight) in flight, \(member.calls.counted("call")) since \(member.since), "
            + "version \(member.version)\(server)"
    }

    private static func text(_ store: StatusReport.Store) -> String {
        var parts = [store.bytes.bytesText]
        if store.historyBytesLastDay > 0 {
            parts.append("the last day's calls added about \(store.historyBytesLastDay.bytesText)")
        }
        // Smaller amounts come and go with every day of history.
        if store.freeBytes > store.bytes / 5, store.freeBytes > 10_000_000 {
            parts.append("\(store.freeBytes.bytesText) are free  (bankrefreshd store compact)")
        }
        return parts.joined(separator: "; ")
    }

    /// The most lines of a list that are shown; the journal has them all.
    private static let longestList = 10

    private static func add(_ configuration: ConfigurationReport, to table: inout Table) {
        table.add("configuration", "in force since \(configuration.inForceSince)")
        list(configuration.needRestart, as: "  needs a restart", in: &table)
        guard let reload = configuration.lastReload else { return }
        if !reload.problems.isEmpty {
            table.add("last reload", "\(reload.at): refused, \(reload.problems.count.counted("problem"))")
            list(reload.problems, as: "  problem", in: &table)
        } else {
            let changes = reload.changes.isEmpty ? "nothing changed" : reload.changes.count.counted("change")
            table.add("last reload", "\(reload.at): taken, \(changes)")
            list(reload.changes, as: "  changed", in: &table)
        }
    }

    private static func list(_ lines: [String], as name: String, in table: inout Table) {
        for line in lines.prefix(longestList) { table.add(name, line) }
        if lines.count > longestList {
            table.add(name, "\(LocaleEncoding.ellipsis) and \(lines.count - longestList) more, in --json")
        }
    }
}

extension StatusReport.Group {
    /// A remark about a group that the configuration does not name.
    var remark: String {
        "\(users.counted("user")) \(users == 1 ? "belongs" : "belong") to \(name), which is not configured; "
            + "the general rules apply there"
    }
}

extension StatusReport {
    /// Why counts are missing, if they are: even a store that works may be slow to count.
    var missingCountsText: String {
        storeTrouble == nil ? "no count from the store in time" : "the store does not answer"
    }
}
