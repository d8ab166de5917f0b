import RefreshCore

/// What this opening of the store knows about its own leases, and how far it has read in the order of due moments.
///
/// The server has one row per batch, with all of its places; this type counts which of them are still open. A settled
/// place stays in its row, and so out of all claims, until the row is shortened or deleted: shortening it at each
/// settlement would write 4 KB for a few users.
struct OpenBatches {
    private struct Batch {
        var open: Set<Int64>
        /// Settled places that are still in the row.
        var settled: [Int64] = []
        /// The earliest due moment of the settled users, and the earliest renewal of their tokens.
        var due: Timestamp?
        var renewal: Timestamp?
        var shortenedAt: ContinuousClock.Instant
    }

    private var batches: [Int64: Batch] = [:]
    /// Claims without an answer, whose outcome is unknown.
    private var doubtful: [Int64: ContinuousClock.Instant] = [:]
    /// A lower bound of the due moments of free users, as far as known.
    private var low = Int64.min
    /// Counts the known moments that may have made the bound wrong; the bound follows them.
    private var changes = 0
    /// The earliest of those moments since the latest scan began, and `changes` at that time.
    private var freed = Int64.max
    private var freedSince = 0
    /// Whether users may have become free before the bound, which only a scan from the start finds.
    private var needsSweep = true
    /// Counts the reasons for a sweep.
    private var reasons = 0
    private var nextSweep: ContinuousClock.Instant?
    /// Whether the last sweep took too long, so that only time brings the next one.
    private var isResting = false
    /// How many changes others had announced when a scan last began.
    private var seenRings = 0
    var acknowledged = AcknowledgedWrites()

    /// The minimum time between two shortenings of a row by settlements.
    private static let shortestRest = Duration.seconds(2)
    private static let sweepInterval = Duration.seconds(5)
    /// How many times as long as a sweep took its successor waits, at least.
    private static let sweepShare = 20
    /// The clock may have gone on while the machine did not.
    private static let longestRest = Duration.seconds(120)
    /// Safe: the server ends a claim long before that.
    private static let longestClaim = Duration.seconds(60)

    // MARK: Batches

    /// Adds a batch of leased users; a member has few batches at a time.
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

    /// The user becomes free when its row is next shortened.
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

    /// Forgets a lease that is gone at the server, too.
    mutating func forget(_ lease: Lease) {
        batches[lease.id]?.open.remove(lease.place.rawValue)
    }

    /// Takes out the batches without an open place, which have ended.
    mutating func takeComplete() -> [Int64] {
        let complete = batches.filter(\.value.open.isEmpty).map(\.key)
        for id in complete {
            batches[id] = nil
            acknowledged.forget(claim: id)
        }
        return complete
    }

    /// The batches with settled places in their rows, and those places.
    func settled(restedBy now: ContinuousClock.Instant? = nil) -> [(id: Int64, places: [Int64])] {
        batches.compactMap { id, batch in
            guard !batch.settled.isEmpty else { return nil }
            if let now, now - batch.shortenedAt < Self.shortestRest { return nil }
            return (id, batch.settled)
        }
    }

    /// Notes that the rows were shortened by these places, perhaps in part by another transaction.
    mutating func shortened(_ rows: [(id: Int64, places: [Int64])]) {
        for (id, places) in rows {
            guard var batch = batches[id] else { continue }
            batch.settled.removeAll(where: Set(places).contains)
            if batch.settled.isEmpty { (batch.due, batch.renewal) = (nil, nil) }
            batch.shortenedAt = .now
            batches[id] = batch
        }
    }

    /// When the first settled user that its row still keeps out of claims falls due.
    var firstDue: Timestamp? { batches.values.compactMap(\.due).min() }
    var firstRenewal: Timestamp? { batches.values.compactMap(\.renewal).min() }

    // MARK: Claims in doubt

    mutating func doubt(_ id: Int64) { doubtful[id] = .now }

    /// The claims to delete, none of whose users were called; each is returned until the server can no longer write it.
    mutating func takeDoubtful() -> [Int64] {
        doubtful = doubtful.filter { ContinuousClock.now - $0.value < Self.longestClaim }
        return Array(doubtful.keys)
    }

    // MARK: The bound

    /// A scan for due users.
    struct Scan {
        /// Whether it begins at the start, and not at the bound.
        let isSweep: Bool
        /// The bound at the time.
        fileprivate let bound: Int64
        fileprivate let changes: Int
        fileprivate let reasons: Int
        fileprivate let began: ContinuousClock.Instant

        /// The moment at which it begins.
        var low: Int64 { isSweep ? .min : bound }

        /// Whether another scan can leave out a part of what this one reads.
        var canBeShortened: Bool { isSweep && bound > .min }
    }

    /// Begins a scan for due users.
    ///
    /// It is a sweep if others announced a change, and from time to time, because not all changes are announced.
    mutating func beginScan(rings: Int, at now: ContinuousClock.Instant = .now) -> Scan {
        if nextSweep.map({ now >= $0 }) ?? true {
            isResting = false
            nextSweep = now + Self.sweepInterval
            requireSweep()
        }
        if rings != seenRings {
            seenRings = rings
            requireSweep()
        }
        let isSweep = needsSweep && !isResting
        (freed, freedSince) = (.max, changes)
        return Scan(isSweep: isSweep, bound: low, changes: changes, reasons: reasons, began: now)
    }

    /// Notes that a scan found no free user before this moment, or none at all.
    mutating func end(_ scan: Scan, foundAt moment: Timestamp?, at now: ContinuousClock.Instant = .now) {
        if scan.isSweep { nextSweep = scan.began + Self.rest(after: now - scan.began) }
        guard let found = moment?.microsecondsSinceEpoch else { return }
        if scan.isSweep, scan.reasons == reasons { needsSweep = false }
        if found > low {
            // Of a scan with another after it, it is not known what became free between their beginnings.
            if scan.changes == freedSince { low = max(low, min(found, freed)) }
        } else if scan.isSweep {
            lower(to: moment)
        }
    }

    /// Notes that the server gave up a sweep.
    ///
    /// The sweep is still needed, but until it is due, scans begin at the bound: if each began at the start, each would
    /// fail.
    mutating func wasTooSlow(_ scan: Scan, at now: ContinuousClock.Instant = .now) {
        guard scan.isSweep else { return }
        isResting = true
        nextSweep = now + Self.rest(after: now - scan.began)
    }

    private static func rest(after duration: Duration) -> Duration {
        max(sweepInterval, min(duration * sweepShare, longestRest))
    }

    private mutating func requireSweep() {
        needsSweep = true
        reasons += 1
    }

    /// Notes that a user became free who is due at this moment, or at one that is not known.
    mutating func lower(to moment: Timestamp?) {
        guard let moment else { return requireSweep() }
        changes += 1
        freed = min(freed, moment.microsecondsSinceEpoch)
        low = min(low, moment.microsecondsSinceEpoch)
    }
}
