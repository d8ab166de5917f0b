/// What is worth saying of the daemons that share a store.
extension HealthJudge {
    var ofFleet: [Finding] {
        [outOfTouch, memberMissing, settingsDiffer, clockApart].compactMap(\.self)
    }

    /// The daemons that work with the store while none does on this host.
    var elsewhere: [String] {
        guard snapshot.phase == .down, let fleet = snapshot.fleet else { return [] }
        return fleet.living.map(\.name)
    }

    /// For so long after a start it is nothing to speak of.
    private static let joining = Duration.seconds(15)
    private static let longestClockDifference = Duration.seconds(1)

    var outOfTouch: Finding? {
        guard snapshot.phase == .running, snapshot.isOutOfTouch, snapshot.storeFailure == nil,
            snapshot.since.map({ $0.duration(to: snapshot.at) > Self.joining }) ?? true
        else { return nil }
        return Finding(
            .outOfTouch, .trouble, "This daemon is out of touch with the others of its store",
            "It could not say within 5 s that it lives, so it makes no calls; the others call its users. "
                + (snapshot.fleetProblem.map { "\($0.capitalizedStart)." } ?? "It goes on by itself."), Self.warnings)
    }

    private var memberMissing: Finding? {
        // Who is out of touch itself has not heard of the others for as long.
        guard let fleet = snapshot.fleet, !snapshot.isOutOfTouch, let first = fleet.vanished.first else { return nil }
        let names = fleet.vanished.map(\.name).joined(separator: ", ")
        let since = Words.moment(first.seenAt, now: snapshot.at)
        return Finding(
            .memberMissing, .attention,
            "Nothing was heard of \(names)" + (fleet.vanished.count == 1 ? " since \(since)" : ""),
            fleet.vanished.count == 1
                ? "It did not stop in order. "
                    + (fleet.living.isEmpty
                        ? "No other daemon calls its users. "
                        : "The other daemons call its users, with its share of the limits. ")
                    + "Look there; after a day without a word it is forgotten."
                : "They did not stop in order. "
                    + (fleet.living.isEmpty
                        ? "No other daemon calls their users. "
                        : "The other daemons call their users, with their share of the limits. ")
                    + "Look there; after a day without a word they are forgotten.", "systemctl status bankrefreshd")
    }

    private var settingsDiffer: Finding? {
        guard let fleet = snapshot.fleet,
            let own = fleet.living.first(where: { $0.id == fleet.member })?.report.settings,
            case let others = fleet.living.filter({ $0.report.settings != own }), !others.isEmpty
        else { return nil }
        return Finding(
            .settingsDiffer, .attention,
            "\(others.map(\.name).joined(separator: ", ")) and this daemon have different settings",
            Self.differences(own, others)
                + ". Each user is called by the rules of the daemon that calls it. Give all the same rules and limits.",
            "bankrefreshd config dump")
    }

    /// `schedule.every is 24h here and 12h on host-b`, for a few.
    private static func differences(_ own: [String: String], _ others: [FleetMember]) -> String {
        let all = others.flatMap { other in
            Set(own.keys).union(other.report.settings.keys).sorted().compactMap { path -> String? in
                let (here, there) = (own[path], other.report.settings[path])
                guard here != there else { return nil }
                return "\(path) is \(here ?? "the default") here and \(there ?? "the default") on \(other.name)"
            }
        }
        let shown = all.prefix(3).joined(separator: ", ")
        return all.count > 3 ? "\(shown), and \(all.count - 3) more" : shown
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
