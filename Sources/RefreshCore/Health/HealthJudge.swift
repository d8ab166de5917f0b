/// Derives findings from a snapshot; `Health` is what others see.
struct HealthJudge {
    /// With fewer calls than this, a share of failures says little.
    static let fewestCalls = 20
    /// Fewer users than this are worth no more than a note, whatever their share.
    static let fewestUsers = 5

    typealias Finding = Health.Finding
    typealias Severity = Health.Severity

    let snapshot: FleetSnapshot

    static let warnings = "journalctl -t bankrefreshd -p warning -x -n 20"
    static let connection = "bankrefreshd check-config --connect"

    /// The worst first; findings of equal severity are in the order of their kinds.
    var findings: [Finding] {
        let all = [
            down, stuck, storeFailing, storeSlow, storeLogGrows, paused, breaker, throttled, late, callsFailing,
            backingOff, renewals,
            expiring, backup, reload, journal,
        ]
        var found = all.compactMap(\.self) + ofFleet + parked
        for alert in snapshot.alerts.map(Self.finding) {
            // One problem has one finding. An alert has held for long and says more, but must not lower the level.
            let same = found.firstIndex { $0.kind == alert.kind }
            let level = max(alert.level, same.map { found.remove(at: $0).level } ?? .note)
            found.append(Finding(alert.kind, level, alert.title, alert.detail, alert.command))
        }
        return found.sorted { ($1.level, $0.kind.order) < ($0.level, $1.kind.order) }
    }

    private var isRunning: Bool { snapshot.phase == .running }

    private var down: Finding? {
        guard snapshot.phase == .down else { return nil }
        guard elsewhere.isEmpty else {
            return Finding(
                .daemonDown, .note, "No daemon runs on this host",
                "Users are refreshed by \(elsewhere.joined(separator: ", ")).", "systemctl start bankrefreshd")
        }
        return Finding(
            .daemonDown, .trouble, "No daemon is running", "No user is refreshed until one runs.",
            "systemctl start bankrefreshd")
    }

    private var stuck: Finding? {
        guard isStuck, let span = snapshot.sinceLastTurn else { return nil }
        return Finding(
            .schedulerStuck, .trouble, "The scheduler is stuck",
            "It has not completed a pass for \(span.roundedText). The store does not answer, or the daemon hangs.",
            Self.warnings)
    }

    var isStuck: Bool { isRunning && snapshot.sinceLastTurn.map { $0 > Health.longestTurn } ?? false }

    private var storeFailing: Finding? {
        snapshot.storeFailure.map { failure in
            Finding(
                .storeFailing, .trouble, failure.sentence,
                "No calls are made until it works." + (failure.remedy.map { " \($0.capitalizedStart)." } ?? ""),
                "journalctl -t bankrefreshd -p err -x -n 5")
        }
    }

    private var storeSlow: Finding? {
        guard snapshot.isCountMissing, snapshot.storeFailure == nil, !isStuck else { return nil }
        return Finding(
            .storeSlow, .attention, "The store answers slowly",
            "Users could not be counted in time. Until it answers, other requests to it wait.", Self.warnings)
    }

    /// Commits go into the log and succeed while the main file cannot be written.
    private var storeLogGrows: Finding? {
        guard let space = snapshot.space, space.isLogStuck else { return nil }
        return Finding(
            .storeLogGrows, .attention, "The store's log has grown to \(Int(space.logBytes >> 20).grouped) MiB",
            "Nothing is lost, but it grows until the disk is full. Check whether the store's main file can be written, "
                + "and whether another program has been reading it for long.",
            "journalctl -k -p err -n 20")
    }

    private var paused: Finding? {
        snapshot.pause.map { pause in
            let end = pause.until.map { "until \(Words.moment($0, now: snapshot.at))" } ?? "until they are resumed"
            let reason = pause.reason.map { ": \($0)" } ?? ""
            return Finding(
                .paused, .attention, "All calls are paused", "An operator paused them, \(end)\(reason).",
                "bankrefreshd resume")
        }
    }

    private var breaker: Finding? {
        let what: String
        switch snapshot.breaker {
        case .closed: return nil
        case .open(let opening) where snapshot.pause == nil:
            what = "no calls are made until \(Words.moment(opening.until, now: snapshot.at))"
        case .open: what = "probes find out once calls are resumed"
        case .probing: what = "a few probes find out whether to go on"
        }
        guard let cause = snapshot.breaker.opening?.cause else { return nil }
        let (whose, command) =
            switch cause.blame {
            case .api: ("Tight is not well", Self.warnings)
            case .configuration: ("The configuration is wrong", Self.connection)
            case .proxy: ("The proxy lets nothing through", Self.connection)
            }
        // During a pause, no user is called whatever Tight does.
        return Finding(
            .breakerOpen, snapshot.pause == nil ? .trouble : .attention, "\(whose): \(what)",
            "\(cause.text.capitalizedStart). Calls go on by themselves once probes are answered.", command)
    }

    private var throttled: Finding? {
        snapshot.throttling.map {
            Finding(
                .throttled, .attention, "Tight asks to call less often",
                "No calls are made until \(Words.moment($0.until, now: snapshot.at)). If this repeats, lower"
                    + " limits.requestsPerSecond.", "bankrefreshd status")
        }
    }

    /// Nil while another condition holds back all calls, because that is reported by itself.
    private var late: Finding? {
        guard isRunning, !snapshot.isHeld, snapshot.storeFailure == nil, let census = snapshot.census else {
            return nil
        }
        let callable = (census.byState[.scheduled] ?? 0) + (census.byState[.backingOff] ?? 0)
        let lateness = Lateness(snapshot.policies, groups: snapshot.groups, users: census.users)
        let lag = snapshot.scheduleLag
        guard let level = lateness.severity(lag: lag, overdue: census.overdue, of: callable) else { return nil }
        return Finding(
            .late, level,
            "\(census.overdue.grouped) of \(callable.counted("user")) \(census.overdue == 1 ? "is" : "are") overdue, "
                + "the oldest for \(Words.span(lag))",
            "They are called oldest first, as the limits allow. The command shows whether the limits suffice.",
            "bankrefreshd plan")
    }

    private var callsFailing: Finding? {
        guard isRunning else { return nil }
        // An alert that names the reasons reports them already.
        let named: Set<AlertKind> = [.rejected, .refused, .api, .failing]
        guard !snapshot.alerts.contains(where: { named.contains($0.kind) }) else { return nil }
        let counts = snapshot.lastHour
        let total = counts.values.reduce(0, +)
        let failed = total - (counts[.refreshed] ?? 0)
        guard total >= Self.fewestCalls, failed * 5 > total else { return nil }
        return Finding(
            .callsFailing, .attention, "\(Words.percent(failed, of: total)) of the last hour's calls failed",
            "\(failed.grouped) of \(total.grouped). Each user is called again, after a longer delay each time.",
            "journalctl -t bankrefreshd -p notice --since -1h")
    }

    private var backingOff: Finding? {
        guard isRunning, let census = snapshot.census, let count = census.byState[.backingOff],
            count >= Self.fewestUsers, count * 5 > census.users
        else { return nil }
        return Finding(
            .backingOff, .attention, "\(count.grouped) of \(census.users.counted("user")) are backing off",
            "Their latest call failed. Each is called again, after a longer delay each time.",
            "bankrefreshd users list --state backing-off")
    }

    private var renewals: Finding? {
        guard let opening = snapshot.renewals?.opening else { return nil }
        var until = ""
        if case .open = snapshot.renewals { until = " until \(Words.moment(opening.until, now: snapshot.at))" }
        let soon = snapshot.expiry?.withinDay ?? 0
        let risk = soon > 0 ? " \(soon.counted("token")) \(soon == 1 ? "expires" : "expire") within a day." : ""
        return Finding(
            .renewalsSuspended, .attention, "No tokens are renewed\(until)",
            "\(opening.cause.text.capitalizedStart). Renewals go on by themselves once one succeeds.\(risk)",
            opening.cause.blame == .api ? "bankrefreshd users list --sort expiry" : Self.connection)
    }

    /// Only if nothing renews tokens; an alert reports tokens that cannot be renewed.
    private var expiring: Finding? {
        guard snapshot.renewals == nil, let expiry = snapshot.expiry, expiry.withinWeek > 0 else { return nil }
        let title =
            expiry.expired == expiry.withinWeek
            ? "\(expiry.expired.counted("token")) expired"
            : "\(expiry.withinWeek.counted("token")) \(expiry.withinWeek == 1 ? "expires" : "expire") within a week"
        let isMixed = expiry.expired > 0 && expiry.expired < expiry.withinWeek
        let expired = isMixed ? "\(expiry.expired.grouped) of them expired. " : ""
        return Finding(
            .tokensExpiring, expiry.withinDay > expiry.expired ? .attention : .note, title,
            "\(expired)Tight refuses an expired token at the next call, which parks the user. "
                + "Import new tokens before then.",
            "bankrefreshd users list --sort expiry")
    }

    /// A missed backup is made up for within minutes; two missed in a row need a person.
    private var backup: Finding? {
        guard let backup = snapshot.backup else { return nil }
        let isOld = backup.age(now: snapshot.at) > backup.every * 2
        guard isOld || backup.failure != nil else { return nil }
        let last =
            backup.last.map { "The last good backup dates from \(Words.moment($0, now: snapshot.at))." }
            ?? "There is no backup yet."
        return Finding(
            .backupMissing, isOld ? .attention : .note,
            isOld ? "The store is not backed up" : "The latest backup failed",
            last + (backup.failure.map { " \($0.capitalizedStart)." } ?? ""),
            "journalctl -t bankrefreshd -p warning -x -n 5")
    }

    private var reload: Finding? {
        guard snapshot.problemsInFile > 0 else { return nil }
        return Finding(
            .reloadRefused, .attention, "Reload refused, \(snapshot.problemsInFile.counted("problem")) in the file",
            "The previous configuration stays in force. A restart would fail.", "bankrefreshd check-config")
    }

    private var journal: Finding? {
        guard snapshot.journalDropped > 0 else { return nil }
        return Finding(
            .journalDropped, .note, "\(snapshot.journalDropped.counted("journal entry", "journal entries")) lost",
            "journald did not accept them in time. Calls were not delayed.", "systemctl status systemd-journald")
    }

    private var parked: [Finding] {
        guard let census = snapshot.census else { return [] }
        return ParkReason.allCases.compactMap { reason in
            guard let count = census.byParkReason[reason], count > 0 else { return nil }
            let isMany = count >= Self.fewestUsers && count * 20 > census.users
            let resume = "bankrefreshd users resume --reason \(reason.rawValue)"
            let (kind, what, detail): (Finding.Kind, String, String) =
                switch reason {
                case .unauthorized:
                    (
                        .parkedUnauthorized, "token refused",
                        "Each is called again once it has a new token."
                            + (isMany ? " If Tight accepts the old ones again: \(resume)." : "")
                    )
                case .forbidden:
                    (
                        .parkedForbidden, "permission missing",
                        "Grant the permission, then: \(isMany ? resume : "bankrefreshd users resume ID")."
                    )
                case .refused:
                    (
                        .parkedRefused, "refused by Tight with the same status in three slots",
                        "Ask Tight why. To call all of them again: \(resume)."
                    )
                }
            return Finding(
                kind, isMany ? .attention : .note,
                "\(count.counted("user")) \(count == 1 ? "is" : "are") parked: \(what)", detail,
                "bankrefreshd users list --state parked")
        }
    }

    private static func finding(_ alert: Alert) -> Finding {
        let kind: Finding.Kind =
            switch alert.kind {
            case .rejected: .alertRejected
            case .refused: .alertRefused
            case .refusedCalls: .alertRefusedCalls
            case .api: .alertAPI
            case .failing: .alertFailing
            case .stale: .alertStale
            case .expiring: .tokensExpiring
            case .late: .late
            }
        return Finding(
            kind, alert.kind == .failing ? .trouble : .attention, alert.text.capitalizedStart,
            "An alert since \(alert.since).", alert.kind.inspection)
    }
}

extension Health.Finding.Kind {
    fileprivate var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

extension String {
    /// The text as the start of a sentence.
    package var capitalizedStart: String { prefix(1).uppercased() + dropFirst() }
}
