import RefreshCore

extension JournalEntry {
    init(memberJoined member: FleetMember, at now: Timestamp) {
        self.init(
            .memberJoined, at: now,
            message: "\(member.name) (version \(member.version)) works with this store too; rate and concurrency are "
                + "shared")
    }

    init(memberLeft member: FleetMember, at now: Timestamp) {
        self.init(
            .memberLeft, at: now,
            message: "\(member.name) stopped; the other daemons of this store take over its share of rate and "
                + "concurrency")
    }

    init(memberVanished member: FleetMember, at now: Timestamp) {
        self.init(
            .memberVanished, at: now,
            message: "Nothing has been heard from \(member.name) since \(member.seenAt); the other daemons of this "
                + "store take over its share; users that it was calling wait for the end of their calls' lease, ten "
                + "minutes and the minimum interval, or for the minimum interval alone if it starts again on its host")
    }

    init(storePromoted promotion: StorePromotion, at now: Timestamp) {
        let what =
            promotion.isLossy
            ? "and may lack the latest calls: \(promotion.doubted.counted("user")) that may have been called count as "
                + "called; calls go on"
            : "and has everything that was stored; calls go on"
        self.init(.storePromoted, at: now, message: "Another server took over the store, \(what)")
    }

    init(storeClockSetForward step: Duration, at now: Timestamp) {
        self.init(
            .storeClockSetForward, at: now,
            message: "The clock of the store's server was set forward by \(step.roundedText); running minimum "
                + "intervals are longer by that much")
    }

    init(settingsPublished changes: [String], at now: Timestamp) {
        self.init(
            .settingsPublished, at: now,
            message: "All daemons of this store follow this host's file now: \(changes.joined(separator: ", "))")
    }

    init(settingsTaken changes: [String], at now: Timestamp) {
        self.init(
            .settingsTaken, at: now,
            message: "Applied the settings that another daemon of this store published: "
                + changes.joined(separator: ", "))
    }

    init(settingsDiffer differences: [SettingDifference], at now: Timestamp) {
        self.init(
            .settingsDiffer, at: now,
            message:
                "Other daemons use this store, and their settings are in force: \(differences.sentence()); to put "
                + "this file in force on all hosts: bankrefreshd reload --publish")
    }

    init(settingsNotTaken detail: String, at now: Timestamp) {
        self.init(
            .settingsNotTaken, at: now,
            message: "The settings of the other daemons of this store cannot be applied, so no calls are made here: "
                + detail)
        append(.error, detail.sanitized(limit: 1_000))
    }

    init(settingsAwaitedAt now: Timestamp) {
        self.init(
            .settingsAwaited, at: now,
            message: "Another server took over the store, and it is not yet known whether it lacks recent changes: "
                + "this daemon waits for the settings of the fleet, and makes no calls until it has them")
    }
}
