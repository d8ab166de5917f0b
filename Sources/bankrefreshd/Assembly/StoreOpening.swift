import Glibc
import Host
import PostgreSQLStore
import RefreshConfiguration
import RefreshCore
import SQLiteStore
import TokenVault

/// Opens the store with the keys at hand, or says why it cannot be used; what does not fit changes nothing.
enum StoreOpening {
    /// What is asked of a store that is opened.
    struct Demands {
        /// The address that its tokens have to belong to, nil for any; a store without tokens belongs to none.
        var environment: String?
        /// Whether tokens of a store that knows no address are taken for tokens of this one.
        var marksEnvironment = false
        var mustKeysFit = true
        /// Whether it may be one whose users are elsewhere, or not all of them there: to look at it changes nothing.
        var mayBeClosed = false
        /// Whether one is made where there is none: to look at it makes nothing.
        var isMade = false
        /// What the daemon is called; nil for a command, which opens in passing.
        var member: String?
    }

    /// Why the store may not lie in its directory; nil where it may.
    ///
    /// `kind` tells the file system of a directory, nil where there is none.
    static func obstacle(
        toStoreAt path: String, kind: (String) -> FileSystemKind? = FileSystemKind.init(of:)
    ) -> (reason: String, remedy: String)? {
        let directory = DirectoryPath.of(path)
        guard let name = kind(directory)?.sharedName else { return nil }
        return (
            "\(directory) is on a file system that machines share (\(name)), where SQLite has no safe locks and the store "
                + "can be damaged",
            "put it on a disk of this machine or a block volume; copy it while no daemon runs: bankrefreshd store backup "
                + "FILE, then change the path, then bankrefreshd store restore FILE; or keep it on a PostgreSQL server, "
                + "which machines can share: store.postgresql.hosts"
        )
    }

    /// For the daemon; waits up to `patience` for another process to be done with the store: a command in passing, say.
    ///
    /// That command may change the key meanwhile, so keys that do not fit are read again.
    static func open(
        _ configuration: Configuration, source: KeySource, copy: KeyCopy?, patience: Duration
    ) async throws -> Opened {
        let demands = Demands(
            environment: configuration.api.server.description, marksEnvironment: true, isMade: true,
            member: configuration.store.memberName)
        let path = configuration.store.sqlitePath
        // Before rights are given up for the store's sake.
        var keys = try source.keys()
        if configuration.store.postgresql.hosts == nil {
            if let obstacle = obstacle(toStoreAt: path) {
                throw CommandFailure(
                    .configuration, "store.sqlite.path: \(obstacle.reason)", remedy: obstacle.remedy)
            }
            // A log that was emptied may have room for the writes of a start, and for no more.
            try SQLiteUserStore.verifyRoom(in: DirectoryPath.of(path), for: path)
        }
        let deadline = ContinuousClock.now + patience
        var hasWaited = false
        while true {
            do {
                return try await open(
                    configuration.store, file: source.file, keys: keys, demands: demands, cache: 4_000)
            } catch let problem as StoreProblem {
                switch problem {
                case .heldByAnother where ContinuousClock.now < deadline:
                    hasWaited = true
                    try await Task.sleep(for: .milliseconds(50))
                case .keyDoesNotFit:
                    keys = try changed(keys, of: source, copy: copy, hasWaited: hasWaited, after: problem)
                default: throw problem
                }
            }
        }
    }

    /// The keys as they are by now, where those at hand do not fit.
    ///
    /// Throws the problem where they are the same. They are for good, for this process, where they are a credential:
    /// if somebody else had the store, or the file that it is made of is newer, the next process may have others.
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

    /// For a command: an import works all over the file, and memory that it does not need it does not take.
    static func open(
        _ configuration: Configuration, file: String, keys: KeyRing, isMade: Bool
    ) async throws -> Opened {
        try await open(
            configuration.store, file: file, keys: keys,
            demands: Demands(environment: configuration.api.server.description, isMade: isMade))
    }

    static func open(
        _ settings: StoreSettings, file: String, keys: KeyRing, demands: Demands, cache: Int = 64_000
    ) async throws -> Opened {
        let opened: Opened
        do {
            opened =
                if let server = try ConnectionSettings(settings, file: file) {
                    try await open(server, settings, keys: keys, demands: demands)
                } else {
                    try open(fileOf: settings, keys: keys, demands: demands, cache: cache)
                }
        } catch let problem as StoreProblem {
            guard case .missing(let place) = problem, !settings.mustExist else { throw problem }
            throw CommandFailure(
                .badData, "there is no store yet at \(place)",
                remedy: "the daemon makes it when it starts, and bankrefreshd users import FILE does; if there should "
                    + "be one, see the section store of \(file)")
        }
        do {
            try await mark(opened, keys: keys, demands: demands)
        } catch {
            try? await opened.close()
            throw error
        }
        return opened
    }

    private static func open(
        fileOf settings: StoreSettings, keys: KeyRing, demands: Demands, cache: Int
    ) throws -> Opened {
        let path = settings.sqlitePath
        try checkDirectory(of: path)
        try StoreOwner.assume(for: path)
        let store = try SQLiteUserStore.open(
            path: path, version: Version.text, now: Calendar.now, cache: cache, environment: demands.environment,
            mustExist: settings.mustExist || !demands.isMade
        ) { marks throws(StoreProblem) in
            try check(marks, of: path, keys: keys, demands: demands)
        }
        return Opened(backing: .file(store), vault: LiveVault(keys: keys))
    }

    /// Throws when there is no directory that the store could lie in, or something else than a file where it lies.
    static func checkDirectory(of path: String) throws {
        let directory = DirectoryPath.of(path)
        if access(directory, F_OK) != 0, errno == ENOENT || errno == ENOTDIR {
            throw CommandFailure(
                .configuration, "store.sqlite.path: there is no directory \(directory)",
                remedy: "make it, for the daemon's user alone: install -d -m 0700 -o bankrefreshd \(directory)")
        }
        if let reason = whyNoFile(path) {
            throw CommandFailure(.configuration, "store.sqlite.path: \(reason)", remedy: fileRemedy(path))
        }
    }

    /// What is wrong with what lies where the store should; nil for a file, and for nothing at all.
    static func whyNoFile(_ path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return nil
        case S_IFDIR: return "\(path) is a directory"
        default: return "\(path) is no regular file"
        }
    }

    /// What to do about that.
    static func fileRemedy(_ path: String) -> String {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return "name another file" }
        return "name the file in it: \"\(path)\(path.hasSuffix("/") ? "" : "/")store.sqlite\""
    }

    static func check(
        _ marks: StoreMarks, of path: String, keys: KeyRing, demands: Demands
    ) throws(StoreProblem) {
        if !demands.mayBeClosed, let closure = marks.closure { throw .closed(place: path, closure) }
        if demands.mustKeysFit {
            switch KeyCheck(keys: keys).verify(marks.keyChecks) {
            case .fits: break
            case .doesNotFit(let sealedWith, let atHand):
                throw .keyDoesNotFit(place: path, sealedWith: sealedWith, atHand: atHand)
            case .unreadable: throw .notAStore(place: path, detail: "its key check is damaged")
            }
        }
        try checkEnvironment(marks, of: path, demands: demands)
    }

    static func checkEnvironment(
        _ marks: StoreMarks, of path: String, demands: Demands
    ) throws(StoreProblem) {
        if let address = demands.environment, marks.hasUsers, let tokensOf = marks.environment, tokensOf != address {
            throw .otherEnvironment(place: path, tokensOf: tokensOf, configured: address)
        }
    }

    /// Has the store remember the key that seals from now on, and whom its tokens belong to.
    private static func mark(_ opened: Opened, keys: KeyRing, demands: Demands) async throws {
        let store = opened.store
        var marks = try await store.marks()
        while demands.mustKeysFit, let checks = try KeyCheck(keys: keys).completing(marks.keyChecks) {
            if try await store.setKeyChecks(checks, replacing: marks.keyChecks) { break }
            // Another daemon that shares the store was first; what it sealed has to be opened here, too.
            marks = try await store.marks()
            try check(marks, of: opened.place, keys: keys, demands: demands)
        }
        if demands.marksEnvironment, marks.hasUsers, marks.environment == nil, let address = demands.environment {
            try await store.setEnvironment(address)
        }
    }
}

/// To whom a store belongs.
enum StoreOwner {
    /// Makes root, for good, the owner of the directory that the store lies in: what a command run as root makes there
    /// is the daemon's, and whatever the daemon's user has put there has no hold on root.
    ///
    /// Does nothing for anybody else. What only root can read, such as the key, has to be read before.
    static func assume(for path: String) throws {
        guard geteuid() == 0 else { return }
        let parent = DirectoryPath.of(path)
        var status = stat()
        // A directory that is not there is told of when the store is opened.
        guard stat(parent, &status) == 0, status.st_uid != 0 else { return }
        guard setgroups(0, nil) == 0, setgid(status.st_gid) == 0, setuid(status.st_uid) == 0 else {
            let detail = String(cString: strerror(errno))
            throw CommandFailure(
                .notAllowed, "root cannot become the user \(status.st_uid), who owns \(parent): \(detail)")
        }
    }
}

extension StoreSettings {
    /// The user whom root works for when it runs a command beside the service: whom the store's directory belongs to.
    var owner: UInt32? {
        var status = stat()
        guard geteuid() == 0, stat(DirectoryPath.of(sqlitePath), &status) == 0 else { return nil }
        return status.st_uid
    }
}

/// The directory part of paths.
enum DirectoryPath {
    /// Up to and with the last slash; `./` for a bare name.
    static func of(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "./" }
        return String(path[...slash])
    }
}

extension TokenSealer {
    /// Whether a stored token opens; one that was given up opens with no key, by its operator's wish.
    @Sendable func opens(_ text: SealedText) -> Bool {
        text.sealed.isGivenUp || (try? open(text.sealed, as: text.kind, for: text.id)) != nil
    }
}
