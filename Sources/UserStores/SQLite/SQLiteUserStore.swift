import Dispatch
import FoundationEssentials
import GRDB
package import RefreshCore
import Synchronization

/// The embedded store: one file, one daemon, no server.
///
/// Writes go through one connection, in the order they come; reads go through connections of their own, so that a long
/// list or census never holds up the queue. The log is written ahead and synchronised at every commit: what a call
/// wrote is there after a power cut.
package final class SQLiteUserStore: UserStore {
    package let seed: UInt64

    package let path: String
    let leases: OpenLeases
    let placing: @Sendable (UserID) -> Place
    /// The address of the API that tokens are brought for; nil where nobody brings any.
    let environment: String?
    /// Whether there was no store, and this one was made.
    package let isNew: Bool
    /// Whether its form was an older one, of which a copy is kept.
    package let wasUpgraded: Bool
    private let pool: DatabasePool
    let lock: StoreLock
    let place: StorePlace
    /// For backups; a sweep has one of its own.
    let copying: CopyLock
    private let sweeping: CopyLock
    private let sweeper: PageSweeper
    /// Sweeps that go through the file at present.
    private let sweeps = Atomic(0)
    let paces = Mutex(CompactionPaces())

    /// Opens the store at `path`, or makes one if there is no file or an empty one, unless it `mustExist`; the directory
    /// has to exist.
    ///
    /// What a store that exists tells of itself is handed to `verifying` before anything in it is changed, migrations
    /// included. `version` is noted in a store that is made. `placing` gives users other
    /// places than their own, for tests of what happens when two want the same.
    ///
    /// The connection that writes keeps up to `cache` KiB of the file in memory. Who puts a token marks the store as one
    /// of `environment`. A backup, and an older copy of the store, become a restored store at the moment `now`.
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
        // Before anything is made: where the disk that holds it is missing, nothing is to be left.
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

    /// Throws where the directory of the store at `path` takes nothing more.
    package static func verifyRoom(in directory: String, for path: String) throws(StoreProblem) {
        if StoreFile.isDiskFull(at: directory) { throw .full(place: path) }
    }

    /// What a store that is not opened tells of itself; nil where nothing is in the file yet.
    package static func marks(path: String) throws(StoreProblem) -> StoreMarks? {
        try StoreInspection.inspect(path: path)?.marks
    }

    /// What is held open at the store's path until it is closed.
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

    /// Later the file may not be at its path any more, or another one is.
    private static func openReaders(of pool: DatabasePool) throws {
        // While one is in use the other one has to be opened.
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

    /// What a connection that reads keeps, in KiB: it looks at one user, or once at all of them.
    private static let readerCache = 1_000

    private static func configuration(cache: Int, isNew: Bool) -> Configuration {
        var configuration = Configuration()
        configuration.label = "store"
        configuration.maximumReaderCount = readerCount
        configuration.persistentReadOnlyConnections = true
        // Only our own readers can be in the way, and those are quick: the file is locked against other processes.
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { db in
            // Before anything is in the file, or it would take a rewriting of all of it (`StoreRewrite`).
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

    /// Closes the file and frees it for others; calls that come later fail.
    package func close() throws(StoreProblem) {
        // GRDB's readers close last and, being readers, would leave the log behind. So does a copy that is being made, and
        // a full disk: the log stays then. It is part of the store, and the next opening goes on with it.
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
        // The file is closed before the lock goes, or the next process would find it open.
        try? pool.close()
        lock.release()
    }

    // MARK: Access

    /// Runs `body` in a transaction of its own; afterwards anybody may be due at any moment.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreProblem) -> Value {
        try await writeLeases { db, changes in
            changes.lookFromStart()
            return try body(db)
        }
    }

    /// Runs `body` in a transaction of its own, which changes leases or nobody's due moment.
    ///
    /// Through callbacks, not GRDB's async methods: those roll back when the task is cancelled, and what came of a call
    /// must be kept even while the daemon stops.
    func writeLeases<Value: Sendable>(
        _ body: @escaping @Sendable (Database, inout LeaseChanges) throws -> Value
    ) async throws(StoreProblem) -> Value {
        let result: Result<Value, any Error> = await withCheckedContinuation { continuation in
            pool.asyncWriteWithoutTransaction { [place, leases] db in
                continuation.resume(
                    returning: Result {
                        // What is written to a file that was moved away is lost to whoever opens the store next.
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
                )
            }
        }
        return try get(result)
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreProblem) -> Value {
        let result: Result<Value, any Error> = await withCheckedContinuation { continuation in
            pool.asyncRead { access in
                continuation.resume(returning: Result { try body(access.get()) })
            }
        }
        return try get(result)
    }

    private func result<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async -> Result<Value, StoreProblem> {
        do throws(StoreProblem) { return .success(try await read(body)) } catch { return .failure(error) }
    }

    /// From so many places on each reader reads one half of them.
    static let worthTwoReaders = 1_000

    /// What `body` finds at these places, one for each: it is given them in the order in which they lie, those of a long
    /// list in two halves, which are read at once and may see the store at two moments.
    func read<Found: Sendable>(
        at places: [Place], _ body: @escaping @Sendable (ArraySlice<Place>, Database) throws -> [Found]
    ) async throws(StoreProblem) -> [Found] {
        let order = PlaceOrder(places)
        guard places.count >= Self.worthTwoReaders else {
            return order.restored(try await read { db in try body(order.places[...], db) })
        }
        let middle = places.count / 2
        // As results, for what `async let` throws has no type.
        async let first = result { db in try body(order.places[..<middle], db) }
        let second = await result { db in try body(order.places[middle...], db) }
        return order.restored(try await first.get() + second.get())
    }

    /// Empties the log into the store, so that what was deleted is gone from the log as well.
    package func truncateLog() async throws(StoreProblem) {
        try await withoutCopies { () throws(StoreProblem) in
            let result: Result<Void, any Error> = await withCheckedContinuation { continuation in
                pool.asyncWriteWithoutTransaction { db in
                    continuation.resume(returning: Result { _ = try db.checkpoint(.truncate) })
                }
            }
            return try get(result)
        }
    }

    /// Overwrites what moved rows left behind, a stretch of the file at a time; afterwards the log is empty.
    func sweepPages() async throws(StoreProblem) {
        try await withoutCopies { () throws(StoreProblem) in
            sweeps.add(1, ordering: .sequentiallyConsistent)
            defer { sweeps.subtract(1, ordering: .sequentiallyConsistent) }
            var next: Int? = 1
            while let page = next {
                let result: Result<Int?, any Error> = await withCheckedContinuation { continuation in
                    pool.asyncWriteWithoutTransaction { [sweeper] db in
                        continuation.resume(returning: Result { try sweeper.sweep(from: page, in: db) })
                    }
                }
                next = try get(result)
            }
        }
    }

    /// Waits until nobody copies the store, and lets nobody begin meanwhile: emptying the log waits for readers, with
    /// the queue behind it.
    private func withoutCopies(_ work: () async throws(StoreProblem) -> Void) async throws(StoreProblem) {
        while !sweeping.tryToOwn() {
            // In a task of its own: what was begun ends, whoever is cancelled.
            await Task { try? await Task.sleep(for: .milliseconds(20)) }.value
        }
        defer { sweeping.release() }
        try await work()
    }

    /// Runs `work` on the writer, outside of a transaction; nil while the file is swept.
    ///
    /// For what moves pages: one that is not swept yet must not go where the sweep has been. A sweep says so before it
    /// comes to the writer, and goes on where this was let through before it.
    func compacting<Value: Sendable>(
        _ work: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreProblem) -> Value? {
        let result: Result<Value?, any Error> = await withCheckedContinuation { continuation in
            pool.asyncWriteWithoutTransaction { [self] db in
                continuation.resume(
                    returning: Result {
                        try place.verify()
                        guard sweeps.load(ordering: .sequentiallyConsistent) == 0 else { return nil }
                        return try work(db)
                    })
            }
        }
        return try get(result)
    }

    /// Keeps copies from beginning while `work` is done; nil where one is being made.
    func unlessCopied<Value>(_ work: () async throws(StoreProblem) -> Value) async throws(StoreProblem) -> Value? {
        guard sweeping.tryToOwn() else { return nil }
        defer { sweeping.release() }
        return try await work()
    }

    private func get<Value>(_ result: Result<Value, any Error>) throws(StoreProblem) -> Value {
        do {
            return try result.get()
        } catch {
            // Whatever SQLite says of a file that is not there.
            if error is DatabaseError { try place.verify() }
            throw StoreProblem(error, place: path)
        }
    }
}
