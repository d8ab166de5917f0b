import Dispatch
import FoundationEssentials
import GRDB
package import RefreshCore
import Synchronization

/// The embedded store: one file, one daemon, no server.
///
/// Writes go through one connection, in the order of the calls. Reads go through connections of their own, so that a
/// long list or census never holds up the queue. The store uses a write-ahead log, synchronised at every commit, so
/// what a call wrote survives a power cut.
package final class SQLiteUserStore: UserStore {
    package let seed: UInt64

    package let path: String
    let leases: OpenLeases
    let placing: @Sendable (UserID) -> Place
    /// The address of the API that the tokens are for; nil if this process adds no tokens.
    let environment: String?
    /// Whether this process created the store.
    package let isNew: Bool
    /// Whether the store had an older schema, of which a copy is kept.
    package let wasUpgraded: Bool
    private let pool: DatabasePool
    let lock: StoreLock
    let place: StorePlace
    /// For backups; sweeps have a lock of their own.
    let copying: CopyLock
    private let sweeping: CopyLock
    private let sweeper: PageSweeper
    /// How many sweeps are in progress.
    private let sweeps = Atomic(0)
    let paces = Mutex(CompactionPaces())

    /// Opens the store at `path`, or creates one if the file is missing or empty, unless it `mustExist`.
    ///
    /// The directory must exist. What an existing store says about itself is passed to `verifying` before anything in
    /// it changes, migrations included. `version` is recorded in a new store. `placing` overrides the users' places,
    /// for tests of two users that want the same place.
    ///
    /// The writer's connection caches up to `cache` KiB of the file. Adding a token marks the store as one of
    /// `environment`. A backup, or an older copy of the store, becomes a restored store at the moment `now`.
    ///
    /// Takes no longer for a million users than for one. Blocks while it works.
    package static func open(
        path: String,
        version: String,
        now: Timestamp,
        cache: Int = 4_000,
        environment: String? = nil,
        mustExist: Bool = false,
        placing: (@Sendable (UserID) -> Place)? = nil,
        verifying verify: (StoreMarks) throws(StoreProblem) -> Void
    ) throws(StoreProblem) -> SQLiteUserStore {
        // Checked before anything is created: if the disk of the store is missing, nothing may be left in its place.
        if mustExist, StoreFile.size(of: path) == 0 { throw .missing(place: path) }
        let lock = try StoreLock(path: path)
        StoreRewrite.removePartial(of: path)
        let isEmpty = try StoreFile.prepare(path: path)
        let preparation = try StorePreparation(
            path: path, isEmpty: isEmpty, version: version, now: now, verifying: verify)
        do {
            let pool = try DatabasePool(
                path: path, configuration: configuration(cache: cache, isNew: preparation.isNew))
            try pool.writeWithoutTransaction { db in
                // GRDB chose NORMAL, which may lose the latest commits in a power cut.
                try db.execute(sql: "PRAGMA synchronous = FULL")
            }
            try Migrations.migrator(version: version).migrate(pool)
            try openReaders(of: pool)
            guard let number = try pool.read({ try Meta.integer(.seed, in: $0) }) else {
                throw DamagedStore(what: "its seed is missing")
            }
            let seed = UInt64(bitPattern: number)
            if let restoration = preparation.restoration(of: lock.witness, seed: seed, now: now) {
                try pool.write { db in try restoration.begin(in: db) }
            }
            let leases = try pool.read { db in try OpenLeases(in: db) }
            let files = OpenFiles(
                pool: pool, lock: lock, copying: try CopyLock(path: path), sweeping: try CopyLock(path: path),
                sweeper: try PageSweeper(path: path))
            return SQLiteUserStore(
                path: path, seed: seed, environment: environment, preparation: preparation, placing: placing,
                leases: leases, files: files)
        } catch {
            throw StoreProblem(error, place: path)
        }
    }

    /// Throws if the directory of the store at `path` has no room left.
    package static func verifyRoom(in directory: String, for path: String) throws(StoreProblem) {
        if StoreFile.isDiskFull(at: directory) { throw .full(place: path) }
    }

    /// What a store that is not open says about itself; nil if the file is still empty.
    package static func marks(path: String) throws(StoreProblem) -> StoreMarks? {
        try StoreInspection.inspect(path: path)?.marks
    }

    /// The files held open at the store's path until it is closed.
    private struct OpenFiles {
        let pool: DatabasePool
        let lock: StoreLock
        let copying: CopyLock
        let sweeping: CopyLock
        let sweeper: PageSweeper
    }

    private init(
        path: String, seed: UInt64, environment: String?, preparation: StorePreparation,
        placing: (@Sendable (UserID) -> Place)?, leases: OpenLeases, files: OpenFiles
    ) {
        self.path = path
        self.seed = seed
        self.environment = environment
        isNew = preparation.isNew
        wasUpgraded = preparation.wasUpgraded
        place = StorePlace(path: path)
        self.leases = leases
        self.placing = placing ?? { Place(of: $0, seed: seed) }
        pool = files.pool
        lock = files.lock
        copying = files.copying
        sweeping = files.sweeping
        sweeper = files.sweeper
    }

    private static let readerCount = 2

    /// Opens all readers at once, since the file may later be missing from its path, or be another one.
    private static func openReaders(of pool: DatabasePool) throws {
        // While one reader is in use, the pool has to open the other.
        let second: Result<Void, any Error> = try pool.read { _ in
            let isOpen = DispatchSemaphore(value: 0)
            let result = Mutex<Result<Void, any Error>>(.success(()))
            pool.asyncRead { access in
                result.withLock { $0 = access.map { _ in } }
                isOpen.signal()
            }
            isOpen.wait()
            return result.withLock { $0 }
        }
        try second.get()
    }

    /// The cache of a reader's connection in KiB; it reads one user, or all users once.
    private static let readerCache = 1_000

    private static func configuration(cache: Int, isNew: Bool) -> Configuration {
        var configuration = Configuration()
        configuration.label = "store"
        configuration.maximumReaderCount = readerCount
        configuration.persistentReadOnlyConnections = true
        // Only this store's own, quick readers can be in the way: the file is locked against other processes.
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { db in
            // This must happen before the file has content; later it takes a rewrite of the whole file
            // (`StoreRewrite`).
            if isNew, !db.configuration.readonly { try db.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL") }
            try db.execute(
                sql: """
                    PRAGMA secure_delete = ON;
                    PRAGMA temp_store = MEMORY;
                    PRAGMA cache_size = -\(db.configuration.readonly ? readerCache : cache);
                    PRAGMA journal_size_limit = \(StoreSpace.longestLog);
                    """
            )
        }
        return configuration
    }

    /// Closes the file and unlocks it for other processes; later calls fail.
    package func close() throws(StoreProblem) {
        // GRDB's readers close last and, being readers, would leave the log behind. A copy in progress and a full disk
        // leave it, too. The log is part of the store, and the next opening continues with it.
        let isAlone = sweeping.tryToOwn()
        defer { if isAlone { sweeping.release() } }
        _ = try? pool.writeWithoutTransaction { db in try db.checkpoint(isAlone ? .truncate : .passive) }
        do {
            try pool.close()
        } catch {
            throw StoreProblem(error, place: path)
        }
        lock.release()
    }

    deinit {
        // Close the file before the lock is released, or the next process would find it open.
        try? pool.close()
        lock.release()
    }

    // MARK: Access

    /// Runs `body` in its own transaction; afterwards any user may be due at any moment.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreProblem) -> Value {
        try await writeLeases { db, changes in
            changes.lookFromStart()
            return try body(db)
        }
    }

    /// Runs `body` in its own transaction; `body` either records lease changes or changes no due moment.
    ///
    /// Uses callbacks, not GRDB's async methods: those roll back when the task is cancelled, and the result of a call
    /// must be kept even while the daemon stops.
    func writeLeases<Value: Sendable>(
        _ body: @escaping @Sendable (Database, inout LeaseChanges) throws -> Value
    ) async throws(StoreProblem) -> Value {
        try await onWriter { [place, leases] db in
            // Writes to a file that was moved away would be lost to the next process that opens the store.
            try place.verify()
            var value: Value?
            var changes = LeaseChanges(of: leases)
            try db.inTransaction(.immediate) {
                value = try body(db, &changes)
                try changes.finish(in: db)
                return .commit
            }
            leases.apply(changes)
            guard let value else { throw DamagedStore(what: "a transaction was not run") }
            return value
        }
    }

    /// Runs `body` on the writer, outside a transaction.
    private func onWriter<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreProblem) -> Value {
        let result: Result<Value, any Error> = await withCheckedContinuation { continuation in
            pool.asyncWriteWithoutTransaction { db in continuation.resume(returning: Result { try body(db) }) }
        }
        return try get(result)
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreProblem) -> Value {
        let result: Result<Value, any Error> = await withCheckedContinuation { continuation in
            pool.asyncRead { access in continuation.resume(returning: Result { try body(access.get()) }) }
        }
        return try get(result)
    }

    private func result<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async -> Result<Value, StoreProblem> {
        do throws(StoreProblem) { return .success(try await read(body)) } catch { return .failure(error) }
    }

    /// From this many places on, each of the two readers reads one half.
    static let worthTwoReaders = 1_000

    /// What `body` finds at these places, one result per place.
    ///
    /// `body` receives the places in the order in which they lie. A long list is split into halves that are read
    /// concurrently and may see the store at two different moments.
    func read<Found: Sendable>(
        at places: [Place], _ body: @escaping @Sendable (ArraySlice<Place>, Database) throws -> [Found]
    ) async throws(StoreProblem) -> [Found] {
        let order = PlaceOrder(places)
        guard places.count >= Self.worthTwoReaders else {
            return order.restored(try await read { db in try body(order.places[...], db) })
        }
        let middle = places.count / 2
        // Results are needed because errors of `async let` are not typed.
        async let first = result { db in try body(order.places[..<middle], db) }
        let second = await result { db in try body(order.places[middle...], db) }
        return order.restored(try await first.get() + second.get())
    }

    /// Checkpoints and empties the log, so that deleted data is gone from it, too.
    package func truncateLog() async throws(StoreProblem) {
        try await withoutCopies { () throws(StoreProblem) in
            try await onWriter { db in _ = try db.checkpoint(.truncate) }
        }
    }

    /// Overwrites what moved rows left behind, batch by batch; afterwards the log is empty.
    func sweepPages() async throws(StoreProblem) {
        try await withoutCopies { () throws(StoreProblem) in
            sweeps.add(1, ordering: .sequentiallyConsistent)
            defer { sweeps.subtract(1, ordering: .sequentiallyConsistent) }
            var next: Int? = 1
            while let page = next {
                next = try await onWriter { [sweeper] db in try sweeper.sweep(from: page, in: db) }
            }
        }
    }

    /// Waits until no copy is in progress, and keeps copies from starting during `work`.
    ///
    /// Emptying the log waits for readers, and the queue waits behind it.
    private func withoutCopies(_ work: () async throws(StoreProblem) -> Void) async throws(StoreProblem) {
        while !sweeping.tryToOwn() {
            // A separate task ignores cancellation: work that has begun must finish.
            await Task { try? await Task.sleep(for: .milliseconds(20)) }.value
        }
        defer { sweeping.release() }
        try await work()
    }

    /// Runs `work` on the writer, outside a transaction; returns nil during a sweep of the file.
    ///
    /// Meant for work that moves pages: a page that is not yet swept must not go where the sweep has already been. A
    /// sweep is counted before it queues for the writer, so work that was let through runs before it.
    func compacting<Value: Sendable>(
        _ work: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreProblem) -> Value? {
        try await onWriter { [self] db in
            try place.verify()
            guard sweeps.load(ordering: .sequentiallyConsistent) == 0 else { return nil }
            return try work(db)
        }
    }

    /// Keeps copies from starting during `work`; returns nil if a copy is in progress.
    func unlessCopied<Value>(_ work: () async throws(StoreProblem) -> Value) async throws(StoreProblem) -> Value? {
        guard sweeping.tryToOwn() else { return nil }
        defer { sweeping.release() }
        return try await work()
    }

    private func get<Value>(_ result: Result<Value, any Error>) throws(StoreProblem) -> Value {
        do {
            return try result.get()
        } catch {
            // If the file is gone, that is the problem to report, whatever SQLite says.
            if error is DatabaseError { try place.verify() }
            throw StoreProblem(error, place: path)
        }
    }
}
