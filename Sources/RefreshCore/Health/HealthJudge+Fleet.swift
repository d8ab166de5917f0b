/// The findings about the daemons that share a store.
extension HealthJudge {
    var ofFleet: [Finding] {
        [outOfTouch, settingsNotTaken, settingsAwaited, memberMissing, settingsDiffer, clockApart].compactMap(\.self)
    }

    /// The daemons that work with the store while none runs on this host.
    var elsewhere: [String] {
        guard snapshot.phase == .down, let fleet = snapshot.fleet else { return [] }
        return fleet.living.map(\.name)
    }

    /// How long after a start being out of touch is not worth a finding.
    private static let joining = Duration.seconds(15)
    private static let longestClockDifference = Duration.seconds(1)

    var outOfTouch: Finding? {
        guard snapshot.phase == .running, snapshot.isOutOfTouch, snapshot.storeFailure == nil,
            snapshot.since.map({ $0.duration(to: snapshot.at) > Self.joining }) ?? true
        else { return nil }
        return Finding(
            .outOfTouch, .trouble, "This daemon is out of touch with the others of its store",
            "Its heartbeat did not reach the store within 5 s, so it makes no calls; the others call its users. "
                + (snapshot.fleetProblem.map { "\($0.capitalizedStart)." } ?? "It goes on by itself."), Self.warnings)
    }

    private var memberMissing: Finding? {
        // A daemon that is out of touch has not heard from the others for as long.
        guard let fleet = snapshot.fleet, !snapshot.isOutOfTouch, let first = fleet.vanished.first else { return nil }
        let names = fleet.vanished.map(\.name).joined(separator: ", ")
        let isOne = fleet.vanished.count == 1
        let its = isOne ? "its" : "their"
        let others =
            fleet.living.isEmpty
            ? "No other daemon calls \(its) users."
            : "The other daemons call \(its) users, with \(its) share of the limits."
        return Finding(
            .memberMissing, .attention,
            "Nothing has been heard from \(names)"
                + (isOne ? " since \(Words.moment(first.seenAt, now: snapshot.at))" : ""),
            "\(isOne ? "It" : "They") did not stop cleanly. \(others) Check \(its) \(isOne ? "machine" : "machines"); "
                + "after a day of silence \(isOne ? "it is" : "they are") forgotten.",
            "systemctl status bankrefreshd")
    }

    var settingsNotTaken: Finding? {
        guard let problem = snapshot.settingsProblem else { return nil }
        return Finding(
            .settingsNotTaken, .trouble, "This daemon cannot apply the settings of the fleet",
            "It makes no calls, and the others call its users: \(problem).",
            Self.warnings)
    }

    var settingsAwaited: Finding? {
        guard snapshot.areSettingsAwaited, snapshot.phase != .stopping else { return nil }
        return Finding(
            .settingsAwaited, .trouble, "This daemon waits for the settings of the fleet",
            "Another server took over the store, and it is not yet known whether it lacks recent changes. "
                + "This daemon makes no calls until then, and goes on by itself."
                + (snapshot.fleetProblem.map { " \($0.capitalizedStart)." } ?? ""),
            Self.warnings)
    }

    private var settingsDiffer: Finding? {
        guard let fleet = snapshot.fleet,
            case let living = fleet.living.filter({ !$0.report.differences.isEmpty }), let first = living.first
        else { return nil }
        let isOwn = living.contains { $0.id == fleet.member } && snapshot.phase != .down
        let shown = isOwn ? living.first { $0.id == fleet.member } ?? first : first
        let names = living.map(\.name).joined(separator: ", ")
        let file = isOwn ? "this host's file" : "the file of \(shown.name)"
        return Finding(
            .settingsDiffer, .attention,
            "The configuration of \(names) differs from the fleet's settings",
            "The fleet's settings are in force: \(shown.report.differences.sentence(of: file)). "
                + "To put that file in force everywhere, run bankrefreshd reload --publish on its host.",
            "bankrefreshd check-config")
    }

    private var clockApart: Finding? {
        guard let ahead = snapshot.clockAhead, case let apart = max(ahead, .zero - ahead),
            apart > Self.longestClockDifference
        else { return nil }
        return Finding(
            .clockApart, .attention,
            "The clock of this machine is \(apart.roundedText) \(ahead > .zero ? "ahead of" : "behind") the store's",
            "Calls follow the store's clock and are on time. The journal's times are this machine's.", "timedatectl")
    }
}
