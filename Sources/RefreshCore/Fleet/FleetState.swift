/// The state of the fleet, as read in one transaction of the store.
package struct FleetState: Equatable, Sendable {
    /// What the store's calendar showed; no earlier than the question and no later than the answer.
    package var calendar: Timestamp
    /// All members, by name, including those that vanished within a day.
    package var members: [FleetMember]
    /// The member that asked.
    package var member: Int64
    /// The operator's pause, over or not.
    package var pause: FleetPause?
    /// The fleet's throttling pause, over or not.
    package var throttling: Throttling.Pause?
    /// Nil while the breaker is closed.
    package var breaker: Breaker.Opening?
    /// The member that has the right to probe; nil if none has.
    package var prober: Int64?
    package var debts: [CalendarDebt] = []
    /// The server that holds the store; empty if there cannot be several.
    package var server = ""
    /// The server that answered, as host, port and database; nil if the store is not on a server.
    package var answeredBy: String?
    /// The version of the fleet's settings; nil if none were published.
    package var settingsVersion: Int64?
    /// The settings that this member replaced with its own when it joined, because no other lived; nil if it did not.
    package var replacedSettings: String?
    /// Whether another server took over the store, and what it lacks is not known yet.
    package var isPromotionOpen = false
    /// Set if another server took over the store, and this member has just found out what it lacks.
    package var promotion: StorePromotion?

    package init(calendar: Timestamp, members: [FleetMember], member: Int64) {
        self.calendar = calendar
        self.members = members
        self.member = member
    }

    /// Whether this member is among the known ones, so that it may follow the fleet.
    package var hasJoined: Bool { !isPromotionOpen && members.contains { $0.id == member } }

    /// The members that count for shares: those heard from lately, and this one.
    package var living: [FleetMember] { members.filter(isLiving) }

    /// The members that neither left nor were heard from lately.
    package var vanished: [FleetMember] { members.filter { !isLiving($0) } }

    package func isLiving(_ other: FleetMember) -> Bool { other.id == member || other.isAlive(at: calendar) }
}

/// The consequences of another server's taking over the store.
package struct StorePromotion: Equatable, Sendable {
    /// Whether the server may lack writes that were acknowledged to the daemons.
    package var isLossy: Bool
    /// How many users count as called because they may have been.
    package var doubted: Int

    package init(isLossy: Bool, doubted: Int) {
        self.isLossy = isLossy
        self.doubted = doubted
    }
}

/// One of the daemons that share a store.
package struct FleetMember: Equatable, Sendable, Codable {
    package var id: Int64
    /// The host's name, unless the configuration says otherwise; only one member of a name lives at a time.
    package var name: String
    package var version: String
    package var joinedAt: Timestamp
    package var seenAt: Timestamp
    package var report: MemberReport

    package init(
        id: Int64, name: String, version: String, joinedAt: Timestamp, seenAt: Timestamp,
        report: MemberReport = MemberReport()
    ) {
        self.id = id
        self.name = name
        self.version = version
        self.joinedAt = joinedAt
        self.seenAt = seenAt
        self.report = report
    }

    /// How long a member lives without a beat: one is sent every two seconds, and two may be lost.
    package static let patience = Duration.seconds(6)

    package func isAlive(at now: Timestamp) -> Bool { seenAt.duration(to: now) <= Self.patience }
}

extension Breaker.Opening {
    /// The opening of the fleet's breaker, as the store keeps it, with the cause in words.
    package init(byFleet cause: String, until: Timestamp, pause: Duration, count: Int) {
        self.init(cause: .fleet(cause), at: until.advanced(by: .zero - pause), pause: pause, count: count)
    }
}

/// A forward step of the store's calendar: time that did not pass, so minimum intervals across it are longer.
package struct CalendarDebt: Equatable, Sendable, Codable {
    package var moment: Timestamp
    package var amount: Duration

    package init(moment: Timestamp, amount: Duration) {
        self.moment = moment
        self.amount = amount
    }

    /// Members detect the same step within this time of each other, and its length with this difference.
    package static let within = Duration.seconds(20)
    package static let difference = Duration.milliseconds(500)
    /// How much later than its detection a debt's moment is.
    ///
    /// Announcing a debt takes no longer, and until then times may be on the calendar before the step.
    package static let notice = Duration.seconds(8)

    /// Whether this may be the same step, which another member announced within a few beats.
    package func isAbout(_ moment: Timestamp, _ amount: Duration) -> Bool {
        let apart = self.moment.duration(to: moment)
        return max(apart, .zero - apart) < Self.within && isAlike(amount)
    }

    /// Whether its length is about the same.
    package func isAlike(_ amount: Duration) -> Bool {
        let difference = self.amount - amount
        return max(difference, .zero - difference) < Self.difference
    }
}

extension [CalendarDebt] {
    /// How much the calendar was set forward since a moment.
    func total(since moment: Timestamp) -> Duration {
        reduce(.zero) { $1.moment > moment ? $0 + $1.amount : $0 }
    }
}
