package import RefreshCore

/// Copies a store to one of another kind, row by row, so that work continues there.
///
/// No key is needed, and sealed tokens stay as they are. From the first row to the last, no daemon can work with either
/// store: one is about to be left, the other is incomplete. Both have noted the same copy. If a run is killed, the next
/// continues it, and at no moment are there two stores in which the same users could be called.
package struct StoreMove: Sendable {
    package typealias End = any UserStore & SealedTokenKeeping & StoreCopying

    package struct Progress: Sendable {
        package enum Stage: Sendable { case copying, comparing }

        package let stage: Stage
        package let table: CopiedTable
        /// Rows copied or compared so far; `total` is how many there are.
        package let rows: Int
        package let total: Int
    }

    package struct Report: Equatable, Sendable {
        package let users: Int
        package let attempts: Int
        /// Users that were being called when their daemon ended: they count as called.
        package let lostCalls: Int
        /// Whether an earlier run had begun the copy.
        package let isContinued: Bool
        package let floors: FloorShift
    }

    /// The largest difference at which two calendars count as one.
    private static let tolerance = Duration.milliseconds(100)

    let source: End
    let target: End
    private let policies: Policies
    private let keepsHistory: Bool
    private let time: any Timekeeping
    private let events: any EventReporting
    let mostAtOnce: Int

    /// `policies` are those of the users in the source store.
    ///
    /// At most `mostAtOnce` rows are written at a time; tests use it to interrupt the move.
    package init(
        from source: End, to target: End, policies: Policies, keepsHistory: Bool, time: any Timekeeping,
        events: any EventReporting, mostAtOnce: Int = .max
    ) {
        self.source = source
        self.target = target
        self.policies = policies
        self.keepsHistory = keepsHistory
        self.time = time
        self.events = events
        self.mostAtOnce = mostAtOnce
    }

    /// All randomness comes from `seed`, which must differ for each copy.
    ///
    /// Throws a `StoreProblem` or a `StoreMoveProblem`.
    package func run(seed: UInt64, _ progress: (Progress) -> Void) async throws -> Report {
        var random = SplitMix64(seed: seed)
        try await refuseUse(of: source)
        try await refuseUse(of: target)
        let begun = try await begunEarlier()
        var lostCalls = 0
        // A daemon may have claimed users just before the note that an earlier run made right before its end.
        if begun?.reached == nil { lostCalls = try await endLostCalls(using: &random) }
        try await refuseCalls()
        var arrival: StoreArrival
        if let begun { arrival = begun } else { arrival = try await begin(copy: random.next()) }
        var total = 0
        for table in CopiedTable.allCases { total += try await source.rowCount(of: table) }
        try await copy(&arrival, total: total, progress)
        let digests = try await compare(arrival, total: total, progress)
        try await finish(arrival)
        func rows(_ table: CopiedTable) -> Int { digests.first { $0.table == table }?.rows ?? 0 }
        return Report(
            users: rows(.users), attempts: rows(.attempts), lostCalls: lostCalls, isContinued: begun != nil,
            floors: arrival.floors)
    }

    // MARK: Preconditions

    private func refuseUse(of store: End) async throws {
        let living = try await store.fleetState()?.living ?? []
        guard living.isEmpty else {
            throw StoreMoveProblem.inUse(place: store.address, daemons: living.map(\.name))
        }
    }

    /// The unfinished copy between these two stores; nil if a new one is to begin.
    private func begunEarlier() async throws -> StoreArrival? {
        let (from, to) = (try await source.marks(), try await target.marks())
        if from.arrival != nil, let closure = from.closure {
            throw StoreProblem.closed(place: source.address, closure)
        }
        if let arrival = to.arrival, arrival.seed != source.seed {
            throw StoreMoveProblem.holdsCopy(place: target.address, from: arrival.from)
        }
        if let departure = from.departure, let closure = from.closure {
            guard let arrival = to.arrival, arrival.copy == departure.copy else {
                throw StoreProblem.closed(place: source.address, closure)
            }
            return arrival
        }
        // An abandoned copy, or a store that moved here before, is older than the source.
        if to.arrival != nil { return nil }
        if let departure = to.departure, let closure = to.closure {
            guard departure.leftAt != nil, target.seed == source.seed else {
                throw StoreProblem.closed(place: target.address, closure)
            }
            return nil
        }
        guard !to.hasUsers else { throw StoreMoveProblem.holdsUsers(place: target.address) }
        return nil
    }

    /// Settles the calls that a killed daemon left, and returns how many there were.
    private func endLostCalls(using random: inout some RandomNumberGenerator) async throws -> Int {
        let offset = try await CalendarOffset(of: source, time: time)
        let lost = LostCalls(store: source, policies: policies, keepsHistory: keepsHistory, events: events)
        return try await lost.end(at: { time.now.advanced(by: offset.most) }, using: &random)
    }

    private func refuseCalls() async throws {
        let left = try await source.census(now: time.now).leased
        guard left == 0 else {
            let holders = try await source.leaseHolders()
            let vanished = try await source.fleetState()?.vanished ?? []
            throw StoreMoveProblem.callsUnderWay(
                place: source.address, users: left, until: try await source.lastLeaseEnd(),
                daemons: vanished.filter { holders.contains($0.id) }.map(\.name))
        }
    }

    // MARK: The copy

    /// Notes the copy in both stores, the target first: a note in the target alone means that the copy never began.
    private func begin(copy: UInt64) async throws -> StoreArrival {
        let (ours, theirs) = (
            try await CalendarOffset(of: source, time: time), try await CalendarOffset(of: target, time: time)
        )
        let ahead = theirs.most - ours.least
        let arrival = StoreArrival(
            copy: copy, from: source.address, seed: source.seed, begunAt: time.now,
            floors: FloorShift(
                debts: try await source.fleetState()?.debts ?? [], ahead: ahead > Self.tolerance ? ahead : .zero))
        try await target.begin(arrival)
        try await source.note(
            StoreDeparture(copy: arrival.copy, to: target.address, begunAt: arrival.begunAt))
        do {
            // A daemon that opened the store just before did not see the note.
            try await refuseUse(of: source)
            try await refuseCalls()
        } catch {
            try await source.note(nil)
            throw error
        }
        return arrival
    }

    /// Closes the source before opening the target: at no moment can both be worked with.
    private func finish(_ arrival: StoreArrival) async throws {
        // Takes a while and may fail, so it comes before the source is left.
        await target.prepare()
        let (marks, present) = (try await source.marks(), try await target.marks())
        if marks.keyChecks != present.keyChecks {
            _ = try await target.setKeyChecks(marks.keyChecks, replacing: present.keyChecks)
        }
        if let address = marks.environment { try await target.setEnvironment(address) }
        try await target.setHasGivenUpTokens(marks.hasGivenUpTokens)
        try await target.setFleetPause(try await source.fleetPause())
        try await target.setRaisedAlerts(try await source.raisedAlerts())
        if var restoration = try await source.restoration() {
            // Users that count as called at the restore have moved with it.
            if !restoration.isFollowed { restoration.restoredAt = arrival.floors.moved(restoration.restoredAt) }
            try await target.setRestoration(restoration)
        }
        let reading = time.reading
        let gap = try await source.clockMark()?.knownGap(at: reading, boot: time.boot) ?? .zero
        try await target.setClockMark(ClockMark(reading: reading, boot: time.boot, longestGap: gap))
        try await source.note(
            StoreDeparture(
                copy: arrival.copy, to: target.address, begunAt: arrival.begunAt, leftAt: time.now))
        try await target.complete(
            seed: source.seed, maker: try await source.maker(),
            as: StoreOrigin(from: source.address, at: time.now))
    }
}
