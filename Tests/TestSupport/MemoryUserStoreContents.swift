import RefreshCore

/// What a `MemoryUserStore` holds, and how it changes.
struct MemoryUserStoreContents: Sendable {
    struct Entry: Sendable {
        var user: User
        var token: SealedToken
        var refreshToken: SealedToken?
        var revision: Int64 = 0
        var held: HeldLease?
    }

    struct HeldLease: Sendable {
        let lease: Lease
        let leasedAt: Timestamp
        let holder: Int
        let isForCall: Bool
    }

    private let placing: @Sendable (UserID) -> Place
    private var openings = 0
    private(set) var entries: [Place: Entry] = [:]
    private var places: [UserID: Place] = [:]
    private var queue = DueQueue()
    private var renewals = DueQueue()
    private var leaseIDs: SplitMix64
    private(set) var history = MemoryHistory()
    var clockMark: ClockMark?
    var fleetPause: FleetPause?
    var restoration: StoreRestoration?
    var raisedAlerts: [Alert] = []
    var marks = StoreMarks()

    init(seed: UInt64, placing: @escaping @Sendable (UserID) -> Place) {
        self.placing = placing
        leaseIDs = SplitMix64(seed: ~seed)
    }

    mutating func open() -> Int {
        openings += 1
        return openings
    }

    func refreshTokenHolders(storedBy moment: Timestamp, limit: Int) -> RefreshTokenHolders {
        let holders = entries.values.filter { entry in
            entry.refreshToken != nil && entry.user.renewal.issuedAt.map { $0 <= moment } ?? true
        }
        return RefreshTokenHolders(
            count: holders.count, first: Array(holders.map(\.user.id).sorted().prefix(limit)))
    }

    // MARK: The queue

    /// The first entry that still holds; those before it are dropped.
    mutating func firstDue() -> DueQueue.Entry? {
        while let first = queue.first {
            if let entry = entries[first.place], entry.held == nil, entry.user.state.due == first.due {
                return first
            }
            queue.removeFirst()
        }
        return nil
    }

    mutating func leaseDue(now: Timestamp, until: Timestamp, limit: Int, holder: Int) -> [LeasedUser] {
        let terms = terms(now: now, until: until, holder: holder)
        var leased: [LeasedUser] = []
        while leased.count < limit, let first = firstDue(), first.due <= now {
            queue.removeFirst()
            guard let user = take(first.place, on: terms) else { continue }
            leased.append(user)
        }
        return leased
    }

    mutating func leaseProbes(now: Timestamp, until: Timestamp, limit: Int, holder: Int) -> [LeasedUser] {
        var due: [(entry: DueQueue.Entry, rank: Int)] = []
        while due.count < 2_000, let first = firstDue(), first.due <= now {
            queue.removeFirst()
            // Whoever is queued twice is found once.
            guard !due.contains(where: { $0.entry == first }) else { continue }
            due.append((first, entries[first.place]?.user.record.lastAttempt?.outcome.rankForProbe ?? 1))
        }
        due.sort { ($0.rank, $0.entry) < ($1.rank, $1.entry) }
        for later in due.dropFirst(limit) { queue.insert(later.entry) }
        let terms = terms(now: now, until: until, holder: holder)
        return due.prefix(limit).compactMap { take($0.entry.place, on: terms) }
    }

    mutating func lease(
        _ id: UserID,
        now: Timestamp,
        until: Timestamp,
        holder: Int
    ) -> Result<LeasedUser, LeaseRefusal> {
        guard let place = places[id], let entry = entries[place] else { return .failure(.noSuchUser) }
        if let held = entry.held { return .failure(.inFlight(until: held.lease.until)) }
        guard let leased = take(place, on: terms(now: now, until: until, holder: holder)) else {
            return .failure(.noSuchUser)
        }
        return .success(leased)
    }

    /// What the leases of one batch have in common.
    private struct LeaseTerms {
        let id: Int64
        let now: Timestamp
        let until: Timestamp
        let holder: Int
        let isForCall: Bool
    }

    private mutating func terms(now: Timestamp, until: Timestamp, holder: Int, isForCall: Bool = true) -> LeaseTerms {
        LeaseTerms(
            id: .random(in: .min ... .max, using: &leaseIDs), now: now, until: until, holder: holder,
            isForCall: isForCall)
    }

    private mutating func take(_ place: Place, on terms: LeaseTerms) -> LeasedUser? {
        guard var entry = entries[place] else { return nil }
        let lease = Lease(id: terms.id, place: place, until: terms.until)
        entry.held = HeldLease(lease: lease, leasedAt: terms.now, holder: terms.holder, isForCall: terms.isForCall)
        entries[place] = entry
        return leased(entry, under: lease)
    }

    private func leased(_ entry: Entry, under lease: Lease) -> LeasedUser {
        LeasedUser(
            lease: lease, user: entry.user, token: entry.token, refreshToken: entry.refreshToken,
            revision: entry.revision)
    }

    // MARK: Renewals

    mutating func nextRenewal() -> Timestamp? {
        while let first = renewals.first {
            if let entry = entries[first.place], entry.held == nil, entry.user.renewal.due == first.due {
                return first.due
            }
            renewals.removeFirst()
        }
        return nil
    }

    mutating func leaseRenewals(now: Timestamp, until: Timestamp, limit: Int, holder: Int) -> [LeasedUser] {
        let terms = terms(now: now, until: until, holder: holder, isForCall: false)
        var leased: [LeasedUser] = []
        while leased.count < limit, let due = nextRenewal(), due <= now, let first = renewals.first {
            renewals.removeFirst()
            guard let user = take(first.place, on: terms) else { continue }
            leased.append(user)
        }
        return leased
    }

    mutating func write(_ renewal: RenewalRecord) -> RenewalWriting {
        let place = renewal.lease.place
        guard var entry = entries[place], entry.held?.lease.id == renewal.lease.id else { return .refused }
        guard entry.user.tokenVersion == renewal.tokenVersion else {
            return .superseded(leased(entry, under: renewal.lease))
        }
        entry.user.renewal = renewal.renewal
        if let tokens = renewal.tokens {
            entry.token = tokens.access
            entry.refreshToken = tokens.refresh ?? entry.refreshToken
            entry.user.tokenExpiresAt = tokens.expiresAt
            entry.user.tokenVersion += 1
        }
        entries[place] = entry
        return .written(leased(entry, under: renewal.lease))
    }

    func firstToExpire(limit: Int) -> [User] {
        let users = entries.values.map(\.user).compactMap { user in user.tokenExpiresAt.map { ($0, user) } }
        return users.sorted { ($0.0, $0.1.place) < ($1.0, $1.1.place) }.prefix(limit).map(\.1)
    }

    // MARK: Settling

    mutating func settle(_ settlement: Settlement) -> SettlementResult {
        guard var entry = entries[settlement.lease.place], entry.held?.lease.id == settlement.lease.id
        else { return .refused }
        guard entry.revision == settlement.revision else {
            return .changed(entry.user, revision: entry.revision)
        }
        entry.user.state = settlement.user.state
        entry.user.record = settlement.user.record
        entry.held = nil
        store(entry)
        if let attempt = settlement.attempt { history.add(attempt, at: entry.user.place) }
        return .settled
    }

    mutating func release(_ lease: Lease) {
        guard var entry = entries[lease.place], entry.held?.lease.id == lease.id else { return }
        entry.held = nil
        store(entry)
    }

    /// Only those that ended by a moment, where one is given.
    mutating func recoverLeases(
        now: Timestamp, until: Timestamp, limit: Int, holder: Int, expiredBy moment: Timestamp? = nil
    ) -> [RecoveredLease] {
        let lost = entries.values.filter { entry in
            guard let held = entry.held else { return false }
            return moment.map { held.lease.until < $0 } ?? (held.holder != holder)
        }
        let calls = terms(now: now, until: until, holder: holder)
        let renewals = terms(now: now, until: until, holder: holder, isForCall: false)
        return lost.sorted { $0.user.place < $1.user.place }.prefix(limit).compactMap { entry in
            guard let held = entry.held,
                let leased = take(entry.user.place, on: held.isForCall ? calls : renewals)
            else { return nil }
            return RecoveredLease(leased: leased, leasedAt: held.leasedAt, isForCall: held.isForCall)
        }
    }

    /// Writes an entry and queues it for what it is free for and has a moment.
    private mutating func store(_ entry: Entry) {
        let previous = entries.updateValue(entry, forKey: entry.user.place)
        guard entry.held == nil else { return }
        let old = previous.flatMap { $0.held == nil ? $0.user : nil }
        if let due = entry.user.state.due, old?.state.due != due {
            queue.insert(DueQueue.Entry(due: due, place: entry.user.place))
        }
        if let due = entry.user.renewal.due, old?.renewal.due != due {
            renewals.insert(DueQueue.Entry(due: due, place: entry.user.place))
        }
    }

    // MARK: The users

    mutating func put(
        _ new: NewUser,
        added: (NewUser, Place) -> User,
        replaced: (NewUser, User) -> User
    ) -> PutResult {
        if let place = places[new.id], var entry = entries[place] {
            if let basis = new.basis, basis != entry.user.tokenVersion { return .superseded }
            let previous = entry.user.state.kind
            var user = entry.user.with(replaced(new, entry.user))
            user.tokenVersion = entry.user.tokenVersion + 1
            user.tokenExpiresAt = new.expiresAt
            entry.user = user
            entry.token = new.token
            entry.refreshToken = new.refreshToken
            entry.revision += 1
            store(entry)
            return .replaced(user, previous: previous)
        }
        if let basis = new.basis, basis != 0 { return .superseded }
        var place = new.standing?.place ?? placing(new.id)
        while entries[place] != nil { place = place.next }
        let decided = added(new, place)
        let user = User(
            id: new.id,
            place: place,
            group: decided.group,
            state: decided.state,
            record: decided.record,
            tokenExpiresAt: new.expiresAt,
            renewal: decided.renewal
        )
        places[new.id] = place
        store(Entry(user: user, token: new.token, refreshToken: new.refreshToken))
        return .added(user)
    }

    func token(of id: UserID) -> StoredToken? {
        places[id].flatMap { entries[$0] }.map { entry in
            StoredToken(
                access: entry.token, refresh: entry.refreshToken, version: entry.user.tokenVersion,
                expiresAt: entry.user.tokenExpiresAt, group: entry.user.group, issuedAt: entry.user.renewal.issuedAt)
        }
    }

    var hasUsers: Bool { !entries.isEmpty }

    func place(of id: UserID) -> Place? { places[id] }

    mutating func pruneHistory(to bounds: HistoryBounds, now: Timestamp, after: Place?, limit: Int) -> PruningStep {
        history.prune(to: bounds, now: now, users: entries.keys.sorted(), after: after, limit: limit)
    }

    func user(_ id: UserID) -> User? {
        places[id].flatMap { entries[$0]?.user }
    }

    func users(matching filter: UserFilter, after: UserID?, limit: Int) -> [User] {
        let matching = entries.values.lazy.map(\.user).filter { user in
            if let after, user.id <= after { return false }
            return filter.matches(user)
        }
        return Array(matching.sorted { $0.id < $1.id }.prefix(limit))
    }

    func users(matching filter: UserFilter, by order: UserOrder, limit: Int) -> [User] {
        Array(order.sorted(entries.values.lazy.map(\.user).filter(filter.matches)).prefix(max(0, limit)))
    }

    mutating func update(_ id: UserID, _ change: (User) -> User) -> User? {
        guard let place = places[id], var entry = entries[place] else { return nil }
        entry.user = entry.user.with(change(entry.user))
        entry.revision += 1
        store(entry)
        return entry.user
    }

    mutating func update(_ ids: [UserID], _ change: (User) -> User?) -> [User?] {
        ids.map { id in
            guard let stored = user(id), let changed = change(stored), stored.with(changed) != stored
            else { return user(id) }
            return update(id) { _ in changed }
        }
    }

    mutating func remove(_ id: UserID, unlessAddedSince moment: Timestamp?) -> Removal {
        guard let place = places[id], let user = entries[place]?.user else { return .noSuchUser }
        if let moment, user.tokenVersion == 1, user.renewal.issuedAt ?? .epoch >= moment { return .kept }
        places[id] = nil
        entries[place] = nil
        history.remove(at: place)
        return .removed
    }

    mutating func rename(_ id: UserID, to row: NewUser, moved: (User) -> User) -> Result<User, RenameRefusal> {
        guard let old = places[id], var entry = entries[old] else { return .failure(.noSuchUser) }
        if places[row.id] != nil { return .failure(.taken) }
        if let held = entry.held { return .failure(.inFlight(until: held.lease.until)) }
        if let basis = row.basis, basis != entry.user.tokenVersion { return .failure(.superseded) }
        var place = placing(row.id)
        while entries[place] != nil { place = place.next }
        let user = User(
            id: row.id, place: place, group: entry.user.group, state: entry.user.state, record: entry.user.record,
            tokenVersion: entry.user.tokenVersion, tokenExpiresAt: entry.user.tokenExpiresAt,
            renewal: entry.user.renewal)
        entry.user = user.with(moved(user))
        entry.token = row.token
        entry.refreshToken = row.refreshToken
        entry.revision += 1
        places[id] = nil
        entries[old] = nil
        places[row.id] = place
        store(entry)
        history.move(from: old, to: place)
        return .success(entry.user)
    }

    mutating func rewrite(after: Place?, limit: Int, _ change: (User) -> User?) -> Place? {
        let rest = entries.keys.filter { place in after.map { place > $0 } ?? true }.sorted()
        for place in rest.prefix(limit) {
            guard var entry = entries[place], let changed = change(entry.user) else { continue }
            let user = entry.user.with(changed)
            guard user != entry.user else { continue }
            entry.user = user
            entry.revision += 1
            store(entry)
        }
        return rest.count > limit ? rest.prefix(limit).last : nil
    }

    func sealedTexts(after: Place?, limit: Int) -> [SealedText] {
        let rest = entries.values.filter { entry in after.map { entry.user.place > $0 } ?? true }
        return rest.sorted { $0.user.place < $1.user.place }.prefix(limit).flatMap { entry in
            [(TokenKind.access, entry.token), (.refresh, entry.refreshToken)].compactMap { kind, sealed in
                sealed.map { SealedText(id: entry.user.id, place: entry.user.place, kind: kind, sealed: $0) }
            }
        }
    }

    mutating func reseal(_ change: Resealing) -> Bool {
        let place = change.old.place
        guard let entry = entries[place], entry.user.id == change.old.id else { return false }
        switch change.old.kind {
        case .access:
            guard entry.token == change.old.sealed else { return false }
            entries[place]?.token = change.new
        case .refresh:
            guard entry.refreshToken == change.old.sealed else { return false }
            entries[place]?.refreshToken = change.new
        }
        return true
    }
}
