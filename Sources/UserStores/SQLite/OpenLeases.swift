import GRDB
import RefreshCore
import Synchronization

/// Who is leased, by place: the content of the `leases` rows in memory, for every query of the schedule.
///
/// It changes only with a commit (`apply`), on the writer's queue, so there it is valid for the whole transaction.
/// Readers may see a state slightly before or after that of the rows they read.
final class OpenLeases: Sendable {
    /// Users that were leased together.
    struct Batch: Equatable {
        let until: Timestamp
        let leasedAt: Timestamp
        let isForCall: Bool
        /// False for a batch that an ended process left behind.
        let isOwn: Bool
        /// How many of its leases are still open.
        fileprivate(set) var left: Int
    }

    /// A batch of an ended process, with the places that it still leases.
    struct LostBatch {
        let id: Int64
        let batch: Batch
        let places: [Int64]
    }

    enum Standing {
        /// Settled, released, recovered, or never leased.
        case gone
        case held
        /// The user was removed. A user added at its place has to wait until this lease ends.
        case orphaned
    }

    private struct State {
        var byPlace: [Int64: Int64] = [:]
        /// Leased places whose user was removed.
        var orphans: Set<Int64> = []
        var batches: [Int64: Batch] = [:]
        var cursor = LeaseCursor.start
        var numbers: LeaseNumbers

        func standing(of place: Int64, under id: Int64) -> Standing {
            guard byPlace[place] == id else { return .gone }
            return orphans.isEmpty || !orphans.contains(place) ? .held : .orphaned
        }

        mutating func end(_ place: Int64, under id: Int64) {
            guard byPlace[place] == id else { return }
            byPlace[place] = nil
            if !orphans.isEmpty { orphans.remove(place) }
            batches[id]?.left -= 1
        }
    }

    /// Identifies this opening of the store; leases of other holders were left behind by ended processes.
    fileprivate let holder = Int64.random(in: .min ... .max)
    private let state: Mutex<State>

    /// Loads the leases that ended processes left behind.
    ///
    /// A user settled under this lease or a later one is done. A user that was added again under it is not: its call
    /// may have been in progress.
    init(in db: Database) throws {
        var state = State(numbers: try LeaseNumbers(in: db))
        let settled = try PreparedStatement("SELECT settled FROM schedule WHERE place = ?", in: db)
        for row in try LeaseRow.all(in: db) {
            state.batches[row.id] = Batch(
                until: row.until, leasedAt: row.leasedAt, isForCall: row.isForCall, isOwn: row.holder == holder, left: 0
            )
            for place in row.places {
                guard let settledBy = try settled.first(place, read: { $0.integer(0) }) else { continue }
                if settledBy ?? .min < row.id { state.byPlace[place] = row.id }
            }
        }
        for id in state.byPlace.values { state.batches[id]?.left += 1 }
        self.state = Mutex(state)
    }

    // MARK: Questions

    func isLeased(_ place: Int64) -> Bool {
        state.withLock { $0.byPlace[place] != nil }
    }

    /// The end of the lease of a place; nil if it is not leased.
    func leasedUntil(_ place: Place) -> Timestamp? {
        state.withLock { state in state.byPlace[place.rawValue].flatMap { state.batches[$0]?.until } }
    }

    func standing(of lease: Lease) -> Standing {
        state.withLock { $0.standing(of: lease.place.rawValue, under: lease.id) }
    }

    func standings(of leases: some Collection<Lease>) -> [Standing] {
        state.withLock { state in leases.map { state.standing(of: $0.place.rawValue, under: $0.id) } }
    }

    /// The leased places after `place`, in order.
    func places(after place: Int64 = -1) -> [Int64] {
        state.withLock { $0.byPlace.keys.filter { $0 > place } }.sorted()
    }

    var cursor: LeaseCursor { state.withLock { $0.cursor } }

    fileprivate var numbers: LeaseNumbers { state.withLock { $0.numbers } }

    fileprivate func left(of id: Int64) -> Int {
        state.withLock { $0.batches[id]?.left ?? 0 }
    }

    /// The batches of ended processes, oldest first, including those with no open lease.
    var lost: [LostBatch] {
        state.withLock { state in
            let lost = state.batches.filter { !$0.value.isOwn }
            guard !lost.isEmpty else { return [] }
            let places = Dictionary(grouping: state.byPlace.filter { lost[$0.value] != nil }) { $0.value }
            return lost.sorted { $0.key < $1.key }.map { id, batch in
                LostBatch(id: id, batch: batch, places: (places[id] ?? []).map(\.key).sorted())
            }
        }
    }

    // MARK: Changes

    /// Applies the changes of a committed transaction.
    func apply(_ changes: LeaseChanges) {
        state.withLock { state in
            for lease in changes.settled { state.end(lease.place.rawValue, under: lease.id) }
            for (id, places) in changes.withdrawn { for place in places { state.end(place, under: id) } }
            for id in changes.finished { state.batches[id] = nil }
            for place in changes.orphaned where state.byPlace[place] != nil { state.orphans.insert(place) }
            for begun in changes.begun {
                state.batches[begun.id] = begun.batch
                for place in begun.places { state.byPlace[place] = begun.id }
            }
            if let numbers = changes.numbers { state.numbers = numbers }
            if let reached = changes.reached { state.cursor = reached }
            if let next = changes.next { state.cursor = min(state.cursor, next) }
        }
    }
}

/// What one transaction changes about leases: written in the transaction, applied to `OpenLeases` after its commit.
struct LeaseChanges {
    struct Begun {
        let id: Int64
        let batch: OpenLeases.Batch
        let places: [Int64]
    }

    fileprivate private(set) var begun: [Begun] = []
    fileprivate private(set) var settled: [Lease] = []
    /// Places to remove from the rows of their batches, by batch id.
    fileprivate private(set) var withdrawn: [Int64: Set<Int64>] = [:]
    fileprivate private(set) var finished: [Int64] = []
    fileprivate private(set) var orphaned: [Int64] = []
    fileprivate private(set) var numbers: LeaseNumbers?
    fileprivate private(set) var reached: LeaseCursor?
    fileprivate private(set) var next: LeaseCursor?
    private let open: OpenLeases

    init(of open: OpenLeases) {
        self.open = open
    }

    /// Leases users that are not leased as one batch, stored as one row; returns its id.
    mutating func lease(_ places: [Int64], on terms: LeaseTerms, in db: Database) throws -> Int64 {
        var numbers = self.numbers ?? open.numbers
        let id = try numbers.take(in: db)
        self.numbers = numbers
        try LeaseRow(id, places, on: terms, holder: open.holder).insert(in: db)
        let batch = OpenLeases.Batch(
            until: terms.until, leasedAt: terms.now, isForCall: terms.isForCall, isOwn: true, left: places.count)
        begun.append(Begun(id: id, batch: batch, places: places))
        return id
    }

    /// Ends a lease by settlement: the user's row names the lease, so the batch's row does not need to change.
    mutating func settle(_ lease: Lease, due: Timestamp?) {
        settled.append(lease)
        if let due { look(at: due, lease.place) }
    }

    /// Ends a lease without a settlement; its user may be due.
    mutating func withdraw(_ place: Int64, from id: Int64) {
        withdrawn[id, default: []].insert(place)
        lookFromStart()
    }

    /// Drops a batch that has no open lease.
    mutating func discard(_ id: Int64) {
        withdrawn[id] = withdrawn[id] ?? []
    }

    mutating func removeUser(at place: Place) {
        orphaned.append(place.rawValue)
    }

    /// Notes that all users due up to `cursor` are leased, counting those that this transaction leases.
    mutating func reach(_ cursor: LeaseCursor) {
        reached = cursor
    }

    /// Notes that the user at this place falls due at this moment.
    private mutating func look(at due: Timestamp, _ place: Place) {
        let before = LeaseCursor(due: due.microsecondsSinceEpoch, place: place.rawValue).before
        next = next.map { min($0, before) } ?? before
    }

    /// Notes that any user may be due at any moment.
    mutating func lookFromStart() {
        next = .start
    }

    /// Writes the ends of leases: deletes a batch's row with its last lease, else removes the withdrawn places from it.
    mutating func finish(in db: Database) throws {
        guard !settled.isEmpty || !withdrawn.isEmpty else { return }
        var ended = withdrawn.mapValues(\.count)
        var run: (id: Int64, count: Int)?
        for lease in settled {
            // Neighbours mostly were leased together.
            if run?.id == lease.id {
                run?.count += 1
            } else {
                if let run { ended[run.id, default: 0] += run.count }
                run = (lease.id, 1)
            }
        }
        if let run { ended[run.id, default: 0] += run.count }
        for (id, count) in ended {
            if count == open.left(of: id) {
                try LeaseRow.delete(id, in: db)
                finished.append(id)
            } else if let places = withdrawn[id] {
                try LeaseRow.remove(places, from: id, in: db)
            }
        }
    }
}

/// The point in the schedule, by due moment and place, up to which all users are leased.
///
/// It is only a hint that saves reading those users again.
struct LeaseCursor: Comparable {
    static let start = LeaseCursor(due: .min, place: .min)

    let due: Int64
    let place: Int64

    /// The position just before this one, so that this place is read again.
    var before: LeaseCursor { LeaseCursor(due: due, place: place - 1) }

    static func < (lhs: LeaseCursor, rhs: LeaseCursor) -> Bool {
        (lhs.due, lhs.place) < (rhs.due, rhs.place)
    }
}

/// Hands out the ids of batches, which increase and are never reused.
///
/// A user's row that names the batch it was settled under therefore covers all earlier batches, too.
///
/// Ids are reserved in blocks, so that a lease seldom writes another page; ids that a process did not use are skipped.
struct LeaseNumbers {
    private static let atOnce: Int64 = 200

    private var last: Int64
    private var reserved: Int64

    init(in db: Database) throws {
        reserved = try Meta.integer(.leaseNumbers, in: db) ?? 0
        last = reserved
    }

    fileprivate mutating func take(in db: Database) throws -> Int64 {
        if last == reserved {
            reserved += Self.atOnce
            try Meta.set(.leaseNumbers, to: reserved, in: db)
        }
        last += 1
        return last
    }
}
