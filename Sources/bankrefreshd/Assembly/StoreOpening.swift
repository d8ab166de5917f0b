import Dispatch
import Glibc
import Host
import PostgreSQLStore
import RefreshConfiguration
import RefreshCore
import SQLiteStore
import TokenVault

/// Opens the store with the available keys, or says why it cannot be used; a failed check changes nothing.
enum StoreOpening {
    struct Demands {
        /// The API address to which its tokens must belong, nil for any.
        ///
        /// A store without tokens fits any address.
        var environment: String?
        var mustKeysFit = true
        /// Whether the store may be closed, as its users were moved or are being moved: looking at it changes nothing.
        var mayBeClosed = false
        /// Whether a missing store is made; a command that only looks makes none.
        var isMade = false
        /// The daemon's name; nil for a command, which opens the store briefly.
        ///
        /// The daemon assigns the tokens of a store without an address to `environment`.
        var member: String?
    }

    /// Why the store must not be in its directory; nil if it may be.
    static func obstacle(toStoreAt path: String) -> Obstacle? {
        let directory = DirectoryPath.of(path)
        guard let name = FileSystemKind(of: directory)?.sharedName else { return nil }
        return Obstacle(
            reason: "\(directory) is on a file system that machines share (\(name)), where SQLite has no safe locks "
                + "and the store can be damaged",
            remedy: "put it on a disk of this machine or a block volume; copy it while no daemon runs: bankrefreshd "
                + "store backup FILE, then change the path, then bankrefreshd store restore FILE; or keep it on a "
                + "PostgreSQL server, which machines can share: store.postgresql.hosts")
    }

    /// Opens the store for the daemon; waits up to 10 s for another process, such as a command, to release it.
    ///
    /// That command may change the key meanwhile, so keys that do not fit are read again. A file that must exist and is
    /// missing ends this start only: its disk may come later.
    static func open(
        _ configuration: Configuration, source: KeySource, copy: KeyCopy?
    ) async throws -> (any OpenStore, KeyRing) {
        let demands = Demands(
            environment: configuration.api.server.description, isMade: true, member: configuration.store.memberName)
        let path = configuration.store.sqlitePath
        // Before opening the store gives up root's rights.
        var keys = try source.keys()
        if configuration.store.postgresql.hosts == nil {
            if let obstacle = obstacle(toStoreAt: path) { throw CommandFailure(obstacle, at: "store.sqlite.path") }
            // Its disk may be mounted later than the daemon starts.
            if configuration.store.mustExist { try checkDirectory(of: path, absence: .tryLater) }
            // The writes of a start may fit into an emptied log even if there is no room for more.
            try SQLiteUserStore.verifyRoom(in: DirectoryPath.of(path), for: path)
        }
        let deadline = ContinuousClock.now + .seconds(10)
        var hasWaited = false
        while true {
            do {
                let store = try await open(
                    configuration.store, file: source.file, keys: keys, demands: demands, cache: 4_000)
                return (store, keys)
            } catch let problem as StoreProblem {
                switch problem {
                case .heldByAnother where ContinuousClock.now < deadline:
                    hasWaited = true
                    try await Task.sleep(for: .milliseconds(50))
                case .keyDoesNotFit:
                    keys = try changed(keys, of: source, copy: copy, hasWaited: hasWaited, after: problem)
                case .missing where configuration.store.mustExist && !problem.isOnServer:
                    throw CommandFailure(.tryLater, problem.description, remedy: problem.remedy)
                default: throw problem
                }
            }
        }
    }

    /// The current keys, if they differ from those that do not fit.
    ///
    /// Throws the problem if they are the same. A credential never changes for this process. If another process held
    /// the store, or the file behind the credential is newer, the next process may have other keys.
    private static func changed(
        _ keys: KeyRing, of source: KeySource, copy: KeyCopy?, hasWaited: Bool, after problem: StoreProblem
    ) throws -> KeyRing {
        if let current = try? source.keys(), current.ids != keys.ids { return current }
        if copy?.isOutdated ?? false { throw CommandFailure.keysOfStart("\(problem)") }
        guard hasWaited else { throw problem }
        throw CommandFailure(
            .tryLater, "\(problem); another process had the store until now, and may have changed the key",
            remedy: "start the daemon again; systemd does")
    }

    /// Opens the store; for a command, with a large cache: an import touches the whole file; unused cache is free.
    static func open(
        _ settings: StoreSettings, file: String, keys: KeyRing, demands: Demands, cache: Int = 64_000
    ) async throws -> any OpenStore {
        let store: any OpenStore
        do {
            store =
                if let server = try ConnectionSettings(settings, file: file) {
                    try await open(server, settings, keys: keys, demands: demands)
                } else {
                    try await open(fileOf: settings, keys: keys, demands: demands, cache: cache)
                }
        } catch let problem as StoreProblem {
            guard case .missing(let place) = problem, !settings.mustExist else { throw problem }
            throw CommandFailure(
                .badData, "there is no store yet at \(place)",
                remedy: "the daemon makes it when it starts, and bankrefreshd users import FILE does; if there should "
                    + "be one, see the section store of \(file)")
        }
        do {
            try await mark(store, keys: keys, demands: demands)
        } catch {
            try? await store.close()
            throw error
        }
        return store
    }

    private static func open(
        fileOf settings: StoreSettings, keys: KeyRing, demands: Demands, cache: Int
    ) async throws -> any OpenStore {
        let path = settings.sqlitePath
        try checkDirectory(of: path)
        // This concerns all threads of the process.
        try StoreOwner.assume(for: path)
        return try await apart {
            try SQLiteUserStore.open(
                path: path, version: Version.text, now: Calendar.now, cache: cache, environment: demands.environment,
                mustExist: settings.mustExist || !demands.isMade
            ) { marks throws(StoreProblem) in
                try StoreOpening.check(marks, of: path, keys: keys, demands: demands)
            }
        }
    }

    /// Runs work that blocks on a thread of its own: an upgrade takes minutes, and a machine may have one core.
    private static func apart<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        let result: Result<Value, any Error> = await withCheckedContinuation { continuation in
            DispatchQueue(label: "bankrefreshd.store-opening").async {
                continuation.resume(returning: Result { try work() })
            }
        }
        return try result.get()
    }

    /// The size of the store's files; 0 if there are none, or if the store is on a server.
    static func bytes(of settings: StoreSettings) -> Int64 {
        guard settings.postgresql.hosts == nil else { return 0 }
        return StoreFile.size(of: settings.sqlitePath) + StoreFile.size(of: settings.sqlitePath + "-wal")
    }

    /// Throws if the store's directory is missing, with the exit code `absence`, or if the path is not a regular file.
    static func checkDirectory(of path: String, absence: SystemExit = .configuration) throws {
        let directory = DirectoryPath.of(path)
        if access(directory, F_OK) != 0, errno == ENOENT || errno == ENOTDIR {
            throw CommandFailure(
                absence, "store.sqlite.path: there is no directory \(directory)",
                remedy: "make it, for the daemon's user alone: install -d -m 0700 -o bankrefreshd \(directory)")
        }
        if let obstacle = obstacle(toFileAt: path) { throw CommandFailure(obstacle, at: "store.sqlite.path") }
    }

    /// Why the existing object at the path cannot be the store; nil for a regular file, or if nothing is there.
    static func obstacle(toFileAt path: String) -> Obstacle? {
        guard let status = stat(of: path), !status.isRegular else { return nil }
        guard status.isDirectory else {
            return Obstacle(reason: "\(path) is no regular file", remedy: "name another file")
        }
        let file = path + (path.hasSuffix("/") ? "" : "/") + "store.sqlite"
        return Obstacle(reason: "\(path) is a directory", remedy: "name the file in it: \"\(file)\"")
    }

    /// Without `keys`, everything else is checked.
    static func check(
        _ marks: StoreMarks, of path: String, keys: KeyRing?, demands: Demands
    ) throws(StoreProblem) {
        if !demands.mayBeClosed, let closure = marks.closure { throw .closed(place: path, closure) }
        if demands.mustKeysFit, let keys { try KeyCheck(keys: keys).verify(marks.keyChecks, of: path) }
        try checkEnvironment(marks, of: path, address: demands.environment)
    }

    static func checkEnvironment(
        _ marks: StoreMarks, of path: String, address: String?
    ) throws(StoreProblem) {
        if let address, marks.hasUsers, let tokensOf = marks.environment, tokensOf != address {
            throw .otherEnvironment(place: path, tokensOf: tokensOf, configured: address)
        }
    }

    /// Records in the store the key that seals from now on, and the address to which its tokens belong.
    private static func mark(_ store: any OpenStore, keys: KeyRing, demands: Demands) async throws {
        var marks = try await store.marks()
        while demands.mustKeysFit, let checks = try KeyCheck(keys: keys).completing(marks.keyChecks) {
            if demands.member == nil, !marks.keyChecks.isEmpty { try await checkNobodyLacks(keys.sealing.id, store) }
            if try await store.setKeyChecks(checks, replacing: marks.keyChecks) { break }
            // Another daemon that shares the store was first. This one must be able to open what that one sealed.
            marks = try await store.marks()
            try check(marks, of: store.address, keys: keys, demands: demands)
        }
        if demands.member != nil, marks.hasUsers, marks.environment == nil, let address = demands.environment {
            try await store.setEnvironment(address)
        }
    }
}

enum StoreOwner {
    /// As root, switches for good to the owner of the store's directory; does nothing for other users.
    ///
    /// Files that a command makes there then belong to the daemon's user, and files that the daemon's user put there
    /// cannot harm root. What only root can read, such as the key, must be read before.
    static func assume(for path: String) throws {
        guard geteuid() == 0 else { return }
        let parent = DirectoryPath.of(path)
        // A missing directory is reported when the store is opened.
        guard let status = stat(of: parent), status.st_uid != 0 else { return }
        guard setgroups(0, nil) == 0, setgid(status.st_gid) == 0, setuid(status.st_uid) == 0 else {
            let detail = String(cString: strerror(errno))
            throw CommandFailure(
                .notAllowed, "root cannot become the user \(status.st_uid), who owns \(parent): \(detail)")
        }
    }
}

extension StoreSettings {
    /// For root, the user on whose behalf it runs a command beside the service: the owner of the store's directory.
    var owner: UInt32? {
        geteuid() == 0 ? stat(of: DirectoryPath.of(sqlitePath))?.st_uid : nil
    }
}

extension TokenSealer {
    /// Whether a stored token opens; true also for one that the operator gave up, which no key opens.
    @Sendable func opens(_ text: SealedText) -> Bool {
        text.sealed.isGivenUp || (try? open(text.sealed, as: text.kind, for: text.id)) != nil
    }
}
