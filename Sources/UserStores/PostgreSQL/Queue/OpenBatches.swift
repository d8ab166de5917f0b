import RefreshCore

/// What this opening of the store knows of its own leases, and where it got to in the order of due moments.
///
/// The server has a row for each batch, with all its places; which of them are open still is counted here. A place that was
/// settled stays in its row, and so from everybody's claims, until the row is shortened or deleted: to shorten it at each
/// settlement would write 4 KB for a few users.
struct OpenBatches {
    private struct Batch {
        var open: Set<Int64>
        /// Settled, in the row still.
        var settled: [Int64] = []
        /// The earliest due moment of those, and the earliest at which a token of theirs is to be renewed.
        var due: Timestamp?
        var renewal: Timestamp?
        var shortenedAt: ContinuousClock.Instant
    }

    private var batches: [Int64: Batch] = [:]
    /// Claims of which no answer came: what became of them is not known.
    private var doubtful: [Int64: ContinuousClock.Instant] = [:]
    /// A lower bound of the due moments of whom nobody holds, as far as known.
    private var low = Int64.min
    private var sweptAt: ContinuousClock.Instant?
    /// How often others had told of a change by then.
    private var sweptRings = 0
    /// Counts what may have made the bound wrong.
    private var changes = 0
    var acknowledged = AcknowledgedWrites()

    /// A row is shortened at a settlement no sooner than this after the last time.
    private static let shortestRest = Duration.seconds(2)
    private static let sweepInterval = Duration.seconds(5)
    /// The server ends a claim of its own long before.
    private static let longestClaim = Duration.seconds(60)

    // MARK: Batches

    /// Users leased under this id; a member has few batches at a time.
    mutating func add(_ id: Int64, _ places: some Sequence<Int64>) {
        let open = Set(places)
        doubtful[id] = nil
        if open.isEmpty { return }
        batches[id] = Batch(open: open, shortenedAt: .now)
        acknowledged.add(.claim(id, places: Array(open)))
    }

    func holds(_ lease: Lease) -> Bool { batches[lease.id]?.open.contains(lease.place.rawValue) ?? false }

    var ids: [Int64] { Array(batches.keys) }

    func isComplete(_ id: Int64, without places: Set<Int64>) -> Bool {
        batches[id].map { $0.open.isSubset(of: places) } ?? false
    }

    /// The user is free again from its row's next shortening on.
    mutating func settle(_ lease: Lease, as user: User) {
        guard var batch = batches[lease.id] else { return }
        batch.open.remove(lease.place.rawValue)
        batch.settled.append(lease.place.rawValue)
        batch.due = [batch.due, user.state.due].compactMap(\.self).min()
        batch.renewal = [batch.renewal, user.renewal.due].compactMap(\.self).min()
        batches[lease.id] = batch
        acknowledged.add(.settlement(batch: lease.id, place: lease.place.rawValue))
        if let due = user.state.due { lower(to: due) }
    }

    /// The lease is gone at the server too.
    mutating func forget(_ lease: Lease) {
        batches[lease.id]?.open.remove(lease.place.rawValue)
    }

    /// Batches without an open place, which end now.
    mutating func takeComplete() -> [Int64] {
        let complete = batches.filter(\.value.open.isEmpty).map(\.key)
        for id in complete {
            batches[id] = nil
            acknowledged.forget(claim: id)
        }
        return complete
    }

    /// Rows that hold settled places, and which.
    func settled(restedBy now: ContinuousClock.Instant? = nil) -> [(id: Int64, places: [Int64])] {
        batches.compactMap { id, batch in
            guard !batch.settled.isEmpty else { return nil }
            if let now, now - batch.shortenedAt < Self.shortestRest { return nil }
            return (id, batch.settled)
        }
    }

    /// The rows were shortened by these places; by some of them another transaction may have done so as well.
    mutating func shortened(_ rows: [(id: Int64, places: [Int64])]) {
        for (id, places) in rows {
            guard var batch = batches[id] else { continue }
            batch.settled.removeAll(where: Set(places).contains)
            if batch.settled.isEmpty { (batch.due, batch.renewal) = (nil, nil) }
            batch.shortenedAt = .now
            batches[id] = batch
        }
    }

    /// When a settled user that its row still keeps from claims falls due.
    var firstDue: Timestamp? { batches.values.compactMap(\.due).min() }
    var firstRenewal: Timestamp? { batches.values.compactMap(\.renewal).min() }

    // MARK: Claims in doubt

    mutating func doubt(_ id: Int64) { doubtful[id] = .now }

    /// Nobody of them was called: their rows are deleted, with each claim until the server cannot write them any more.
    mutating func takeDoubtful() -> [Int64] {
        doubtful = doubtful.filter { ContinuousClock.now - $0.value < Self.longestClaim }
        return Array(doubtful.keys)
    }

    // MARK: The bound

    /// Where a look for who is due begins; at the beginning when others told of a change, and now and then, for not all
    /// of them do.
    mutating func scanStart(rings: Int) -> (low: Int64, changes: Int) {
        let now = ContinuousClock.now
        if rings != sweptRings || sweptAt.map({ now - $0 >= Self.sweepInterval }) ?? true {
            low = .min
            sweptAt = now
            sweptRings = rings
        }
        return (low, changes)
    }

    /// A look that began with these `changes` found nobody free before this moment.
    mutating func raise(to moment: Timestamp, seen: Int) {
        if seen == changes { low = max(low, moment.microsecondsSinceEpoch) }
    }

    mutating func lower(to moment: Timestamp?) {
        changes += 1
        low = min(low, moment?.microsecondsSinceEpoch ?? .min)
    }
}
