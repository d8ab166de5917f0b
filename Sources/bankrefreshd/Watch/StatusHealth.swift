import Host
import RefreshCore
import RefreshDaemon

/// How the fleet is, in words, and what needs a person.
struct StatusHealth: Equatable {
    /// Something that does not mend itself, and the command that does.
    struct Finding: Equatable {
        let text: String
        let command: String
    }

    /// So much behind the schedule is worth a word.
    static let noteworthyLag = Duration.minutes(5)

    let words: String
    let style: TextStyle
    let findings: [Finding]
    /// How late the schedule runs; zero when nobody is overdue.
    let lag: Duration

    init(_ status: StatusReport, now: Timestamp) {
        let oldest = status.oldestDue.flatMap { Timestamp(rfc3339: $0) }
        lag = oldest.map { max(.zero, $0.duration(to: now)) } ?? .zero
        (words, style) = Self.words(status, lag: lag)
        findings = Self.findings(status, lag: lag)
    }

    private static func words(_ status: StatusReport, lag: Duration) -> (String, TextStyle) {
        switch status.phase {
        case .down: return ("No daemon is running", .bad)
        case .stopping: return ("Stopping: \(Count.of(status.inFlight, "call")) under way may end", .warning)
        case .running: break
        }
        if let trouble = status.storeTrouble { return ("The store does not work: \(trouble.problem)", .bad) }
        if status.fleetPaused {
            let until = status.fleetPausedUntil.map { " until \($0)" } ?? ""
            return ("Paused by the operator\(until)\(status.fleetPauseReason.map { ": \($0)" } ?? "")", .warning)
        }
        if let until = status.throttledUntil {
            return ("Waiting until \(until): Tight asks to call less often", .warning)
        }
        if let breaker = status.breaker, breaker.state != .closed {
            let what =
                breaker.state == .open
                ? "Waiting for the API" + (breaker.until.map { " until \($0)" } ?? "") : "Probing the API"
            return (what + (breaker.reason.map { ": \($0)" } ?? ""), .bad)
        }
        if lag >= noteworthyLag {
            return ("Late: calls are \(lag.roundedText) behind the schedule", .warning)
        }
        guard status.alerts.isEmpty else {
            return ("Refreshing on schedule, with \(Count.of(status.alerts.count, "alert"))", .warning)
        }
        return ("Healthy: refreshing on schedule", .good)
    }

    private static func findings(_ status: StatusReport, lag: Duration) -> [Finding] {
        var findings: [Finding] = []
        if status.phase == .down {
            findings.append(Finding(text: "nobody is refreshed", command: "systemctl start bankrefreshd"))
        }
        if let trouble = status.storeTrouble {
            findings.append(
                Finding(
                    text: "nobody is called" + (trouble.remedy.map { ": \($0)" } ?? ""),
                    command: "journalctl -t bankrefreshd -p err -x -n 5"))
        }
        if let inspection = status.breaker?.inspection {
            findings.append(Finding(text: "not the API keeps calls from being made", command: inspection))
        }
        if let failure = status.backup?.failure {
            findings.append(
                Finding(
                    text: "the store is not backed up: \(failure)",
                    command: "journalctl -xt bankrefreshd -p warning -n 5"))
        }
        findings += status.alerts.map { Finding(text: $0.text, command: $0.kind.inspection) }
        if status.parked > 0 {
            let verb = status.parked == 1 ? "is" : "are"
            findings.append(
                Finding(
                    text: "\(Count.of(status.parked, "user")) \(verb) parked",
                    command: "bankrefreshd users list --state parked"))
        }
        if let problems = status.configurationProblems {
            findings.append(
                Finding(
                    text: "the configuration was refused: \(Count.of(problems, "problem"))",
                    command: "bankrefreshd check-config"))
        }
        if let renewals = status.renewals, renewals.state != .closed {
            let until = renewals.until.map { " until \($0)" } ?? ""
            findings.append(
                Finding(
                    text: "no tokens are renewed\(until)" + (renewals.reason.map { ": \($0)" } ?? ""),
                    command: "bankrefreshd users list --sort expiry"))
        }
        if status.fleetPaused {
            findings.append(Finding(text: "all calls are paused", command: "bankrefreshd resume"))
        }
        if let breaker = status.breaker, breaker.state != .closed {
            findings.append(
                Finding(text: "all calls are suspended", command: "journalctl -xt bankrefreshd -p warning -n 5"))
        } else if lag >= noteworthyLag, !status.fleetPaused, status.throttledUntil == nil {
            findings.append(Finding(text: "the schedule runs late", command: "bankrefreshd plan"))
        }
        if status.journalEntriesDropped > 0 {
            findings.append(
                Finding(
                    text: "\(status.journalEntriesDropped) entries of the journal are lost",
                    command: "systemctl status systemd-journald"))
        }
        return findings
    }
}
