import FleetMetrics
import RefreshCore
import RefreshDaemon

/// Judges how things stand: the worst first.
struct Findings {
    /// Later than this is worth a look, and than that a person's time.
    static let late = Duration.minutes(5)
    static let tooLate = Duration.hours(1)
    /// Below this many calls a share of failures says little.
    static let fewestCalls = 20

    let fleet: FleetObservation
    let tallies: Tallies
    let lastHour: ArraySlice<QuarterHour>

    private static let warnings = "journalctl -t bankrefreshd -p warning -x -n 20"

    var list: [Finding] {
        let all = [
            turns, store, breaker, throttling, pause, lag, failures, backups, expired, expiring, file, journal,
        ]
        let found = all.compactMap { $0 } + parked
        // Stable: among equals the order above.
        return found.enumerated().sorted { ($1.element.level, $0.offset) < ($0.element.level, $1.offset) }.map(
            \.element)
    }

    private var turns: Finding? {
        guard let span = fleet.sinceLastTurn, span > HealthCheck.longestTurn else { return nil }
        return Finding(
            .trouble, "The scheduler stands still",
            "It has not completed a turn for \(span.roundedText). Its store does not answer, or it hangs.",
            Self.warnings)
    }

    private var store: Finding? {
        let look = "journalctl -t bankrefreshd -p err -x -n 5"
        if let trouble = fleet.storeTrouble {
            let remedy = trouble.remedy.map { " \($0.capitalizedStart)." } ?? ""
            return Finding(
                .trouble, "The store does not work",
                "\(trouble.text.capitalizedStart). Nobody is called until it does.\(remedy)", look)
        }
        guard tallies.storeTroubles > 0 || fleet.census == nil else { return nil }
        return Finding(.trouble, "The store does not work", "Nobody is called until it does. Nothing is lost.", look)
    }

    private var breaker: Finding? {
        switch fleet.breaker {
        case .closed: nil
        case .open(let opening):
            breaker(opening, "nobody is called until \(Words.moment(opening.until, now: fleet.at))")
        case .probing(let opening, _, _): breaker(opening, "a few probes find out whether to go on")
        }
    }

    private func breaker(_ opening: Breaker.Opening, _ what: String) -> Finding {
        let (whose, command): (String, String) =
            switch opening.cause.blame {
            case .api: ("Tight is not well: ", Self.warnings)
            case .configuration: ("The configuration is wrong: ", "bankrefreshd check-config --connect")
            case .proxy: ("The proxy lets nothing through: ", "bankrefreshd check-config --connect")
            }
        let detail =
            "\(StatusLine.reason(opening.cause).capitalizedStart). It goes on by itself once probes are answered."
        return Finding(.trouble, whose + what, detail, command)
    }

    private var throttling: Finding? {
        fleet.throttling.map {
            Finding(
                .attention, "Tight asks to call less often",
                "Nobody is called until \(Words.moment($0.until, now: fleet.at)). If it comes again, lower"
                    + " limits.requestsPerSecond.", "bankrefreshd status")
        }
    }

    private var pause: Finding? {
        fleet.pause.map {
            let end = $0.until.map { "until \(Words.moment($0, now: fleet.at))" } ?? "until somebody resumes them"
            return Finding(
                .attention, "All calls are paused", "An operator paused them, \(end).", "bankrefreshd resume")
        }
    }

    /// Silent while something else keeps everybody waiting: that is told already.
    private var lag: Finding? {
        guard fleet.scheduleLag >= Self.late, fleet.pause == nil, fleet.throttling == nil, fleet.breaker == .closed,
            let overdue = fleet.census?.overdue
        else { return nil }
        return Finding(
            fleet.scheduleLag >= Self.tooLate ? .trouble : .attention,
            "The schedule is \(Words.span(fleet.scheduleLag)) late",
            "\(Words.counted(overdue, "user")) \(overdue == 1 ? "waits" : "wait"). It is caught up with, oldest first, "
                + "unless more falls due than the limits let through.", "bankrefreshd plan")
    }

    private var failures: Finding? {
        let counts = lastHour.reduce(OutcomeCounts()) { $0 + $1.outcomes }
        let failed = counts.total - counts[.refreshed]
        guard counts.total >= Self.fewestCalls, failed * 5 > counts.total else { return nil }
        return Finding(
            .attention, "\(Words.percent(failed, of: counts.total)) of the last hour's calls failed",
            "\(Words.grouped(failed)) of \(Words.grouped(counts.total)). Each user is tried again after waits that double.",
            "journalctl -t bankrefreshd -p notice --since -1h")
    }

    /// One that is missed is made up for within minutes: two are somebody's matter.
    private var backups: Finding? {
        guard let backup = fleet.backup, backup.age(now: fleet.at) > backup.every * 2 else { return nil }
        let last =
            backup.last.map { "The last good one is of \(Words.moment($0, now: fleet.at))." } ?? "There is none yet."
        return Finding(
            .attention, "The store is not backed up",
            last + (backup.failure.map { " \($0.capitalizedStart)." } ?? ""), Self.warnings)
    }

    private var expired: Finding? {
        guard let count = fleet.expiry?.expired, count > 0 else { return nil }
        return Finding(
            .note, "\(Words.counted(count, "token")) expired",
            "Tight refuses \(count == 1 ? "it" : "them") at the next call, and parks the \(count == 1 ? "user" : "users").",
            "bankrefreshd users import users.csv")
    }

    private var expiring: Finding? {
        guard let expiry = fleet.expiry, expiry.withinWeek > expiry.expired else { return nil }
        let count = expiry.withinWeek - expiry.expired
        return Finding(
            .note, "\(Words.counted(count, "token")) \(count == 1 ? "expires" : "expire") within a week",
            "Give \(count == 1 ? "its user" : "their users") new tokens before.", "bankrefreshd users import users.csv")
    }

    private var file: Finding? {
        guard fleet.problemsInFile > 0 else { return nil }
        return Finding(
            .attention, "The configuration file was refused",
            "It has \(Words.counted(fleet.problemsInFile, "problem")). The one before is in force; a restart would fail.",
            "bankrefreshd check-config")
    }

    private var journal: Finding? {
        guard fleet.journalDropped > 0 else { return nil }
        return Finding(
            .note, "\(Words.counted(fleet.journalDropped, "entry", "entries")) of the journal lost",
            "journald did not take them in time; the calls were not held up.", "systemctl status systemd-journald")
    }

    private var parked: [Finding] {
        guard let census = fleet.census else { return [] }
        return ParkReason.allCases.compactMap { reason in
            guard let count = census.byParkReason[reason], count > 0 else { return nil }
            let isMany = count >= 5 && count * 20 > census.users
            let (what, detail) = Self.words(for: reason, isOne: count == 1)
            return Finding(
                isMany ? .attention : .note,
                "\(Words.counted(count, "user")) \(count == 1 ? "is" : "are") parked: \(what)",
                detail, "bankrefreshd users list --state parked")
        }
    }

    private static func words(for reason: ParkReason, isOne: Bool) -> (what: String, detail: String) {
        switch reason {
        case .unauthorized:
            (
                "token refused",
                isOne ? "It is called again once it has a new token." : "Each is called again once it has a new token."
            )
        case .forbidden: ("rights missing", "Grant the rights, then: bankrefreshd users resume ID")
        case .refused:
            (
                "refused by Tight with the same status turn after turn",
                "Ask Tight about \(isOne ? "it" : "them"); bankrefreshd users resume --reason refused has all called again."
            )
        }
    }
}

extension String {
    fileprivate var capitalizedStart: String { prefix(1).uppercased() + dropFirst() }
}
