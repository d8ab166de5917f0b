/// How the fleet stands, as one transaction of the store found it.
package struct FleetState: Equatable, Sendable {
    /// What the store's calendar showed; no earlier than the question and no later than the answer.
    package var calendar: Timestamp
    /// All members, by name; those that vanished too, for a day.
    package var members: [FleetMember]
    /// Which of them asked.
    package var member: Int64
    /// The operator's pause, over or not.
    package var pause: FleetPause?
    /// The wait that Tight asked for, over or not.
    package var throttling: Throttling.Pause?
    /// Nil while it is closed.
    package var breaker: FleetBreaker?
    /// Who probes it, until then; nil where nobody does.
    package var prober: Int64?
    package var debts: [CalendarDebt]
    /// Which server has the store; empty where there are no several.
    package var server = ""
    /// The server that answered, in words: its host, port and database; nil where the store is on none.
    package var answeredBy: String?
    /// Of the settings that all have in common; nil where nobody published any.
    package var settingsVersion: Int64?
    /// The text of those that this member replaced with its own when it joined, since no other lived; nil if it did not.
    package var replacedSettings: String?
    /// Another server took the store over, and it is not known yet what that one lacks.
    package var isPromotionOpen = false
    /// Another server took the store over, and this member has just found out what that one lacks.
    package var promotion: StorePromotion?

    package init(
        calendar: Timestamp, members: [FleetMember], member: Int64, pause: FleetPause? = nil,
        breaker: FleetBreaker? = nil, prober: Int64? = nil, debts: [CalendarDebt] = []
    ) {
        self.calendar = calendar
        self.members = members
        self.member = member
        self.pause = pause
        self.breaker = breaker
        self.prober = prober
        self.debts = debts
    }

    /// Whether this member is one of those that are known, so that it may follow what they do.
    package var hasJoined: Bool { !isPromotionOpen && members.contains { $0.id == member } }

    /// Who counts for shares, this member included: it was heard of lately.
    package var living: [FleetMember] { members.filter(isLiving) }

    /// Who neither left nor was heard of lately.
    package var vanished: [FleetMember] { members.filter { !isLiving($0) } }

    package func isLiving(_ other: FleetMember) -> Bool { other.id == member || other.isAlive(at: calendar) }
}

/// What came of it that another server took the place of the store's.
package struct StorePromotion: Equatable, Sendable {
    /// Whether it may lack something that the daemons were told is stored.
    package var isLossy: Bool
    /// How many users were taken for called, since they may have been.
    package var doubted: Int

    package init(isLossy: Bool, doubted: Int) {
        self.isLossy = isLossy
        self.doubted = doubted
    }
}

/// One daemon of those that share a store.
package struct FleetMember: Equatable, Sendable, Codable {
    package var id: Int64
    /// The host's, unless the configuration says otherwise; one of a name lives at a time.
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

    /// A beat every two seconds, of which two may be lost.
    package static let patience = Duration.seconds(6)

    package func isAlive(at now: Timestamp) -> Bool { seenAt.duration(to: now) <= Self.patience }
}

/// The breaker of the fleet while it is open.
package struct FleetBreaker: Equatable, Sendable {
    package var until: Timestamp
    package var pause: Duration
    /// How often in a row it opened.
    package var count: Int
    /// Why, in words.
    package var cause: String

    package init(until: Timestamp, pause: Duration, count: Int, cause: String) {
        self.until = until
        self.pause = pause
        self.count = count
        self.cause = cause
    }
}

extension FleetBreaker {
    /// As the breaker of one daemon opened.
    package init(_ opening: Breaker.Opening) {
        self.init(until: opening.until, pause: opening.pause, count: opening.count, cause: opening.cause.text)
    }
}

extension Breaker.Opening {
    /// As the breaker of the fleet opened.
    package init(_ breaker: FleetBreaker) {
        self.init(
            cause: .fleet(breaker.cause), at: breaker.until.advanced(by: .zero - breaker.pause), pause: breaker.pause,
            count: breaker.count)
    }
}

/// That the store's calendar was set forward: time that did not pass, by which floors that span the moment are longer.
package struct CalendarDebt: Equatable, Sendable, Codable {
    package var moment: Timestamp
    package var amount: Duration

    package init(moment: Timestamp, amount: Duration) {
        self.moment = moment
        self.amount = amount
    }

    /// Members find the same step within this time of each other, and its length with this difference.
    package static let within = Duration.seconds(20)
    package static let difference = Duration.milliseconds(500)
    /// By so much its moment is later than who tells of it saw the step: no longer takes what tells of it, and until then
    /// moments may be by the calendar before.
    package static let notice = Duration.seconds(8)

    /// Whether another member may have told of the same step, which it found within a few beats.
    package func isAbout(_ moment: Timestamp, _ amount: Duration) -> Bool {
        let apart = self.moment.duration(to: moment)
        return max(apart, .zero - apart) < Self.within && isAlike(amount)
    }

    /// Whether it is as long.
    package func isAlike(_ amount: Duration) -> Bool {
        let difference = self.amount - amount
        return max(difference, .zero - difference) < Self.difference
    }
}
