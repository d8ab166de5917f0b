import Glibc
import Host
import RefreshConfiguration
import RefreshCore

/// Checks what the daemon's user can access within the limits of its unit; works for root and for that user.
struct ServiceView {
    let user: ServiceUser
    let sandbox: UnitSandbox

    /// The user of the installed unit if it reads this configuration, otherwise the owner of the store's directory.
    ///
    /// Nil if the caller is neither root nor that user, or if the daemon is to run as root.
    init?(unit: InstalledUnit?, store: StoreSettings) {
        if let unit {
            guard let user = unit.user else { return nil }
            (self.user, sandbox) = (user, unit.sandbox)
        } else {
            guard let status = stat(of: DirectoryPath.of(store.sqlitePath)), status.st_uid != 0 else { return nil }
            (user, sandbox) = (ServiceUser(id: status.st_uid, group: status.st_gid), UnitSandbox())
        }
        guard geteuid() == 0 || geteuid() == user.id else { return nil }
    }

    // MARK: Reading

    /// What keeps the daemon from reading an existing file; nil if nothing does.
    func obstacle(reading path: String, isSecret: Bool = false) -> Obstacle? {
        let resolved = Self.resolved(path)
        if let obstacle = sandbox.obstacle(reading: resolved) {
            return Obstacle(path, leadingTo: resolved, obstacle, remedy: "put it beside the configuration")
        }
        return user.acting {
            if let directory = Self.parents(of: path).first(where: { !Self.may(X_OK, $0) })
                ?? Self.parents(of: resolved).first(where: { !Self.may(X_OK, $0) })
            {
                return Obstacle(
                    reason: "the daemon's user \(user.name) may not enter \(directory)",
                    remedy: "run: chmod \(letters("x", for: directory)) \(directory), or name a file elsewhere")
            }
            guard !Self.may(R_OK, resolved) else { return nil }
            let isOwn = Self.owner(of: resolved) == user.id
            return Obstacle(
                reason: "the daemon's user \(user.name) may not read \(path)",
                remedy: isSecret && !isOwn
                    ? "run: chown \(user.name): \(path)" : "run: chmod \(letters("r", for: resolved)) \(path)")
        }.flatMap { $0 }
    }

    // MARK: Writing

    /// What keeps the daemon from making files in an existing directory; nil if nothing does.
    func obstacle(makingFilesIn directory: String) -> Obstacle? {
        let resolved = Self.resolved(directory)
        if let obstacle = sandbox.obstacle(writing: resolved) {
            return Obstacle(
                directory, leadingTo: resolved, obstacle,
                remedy: "systemctl edit bankrefreshd, with ReadWritePaths=\(resolved) under [Service]")
        }
        // When the unit starts, it gives the directory to the daemon's user with a writable mode.
        if sandbox.made.contains(resolved) { return nil }
        return user.acting {
            if let parent = Self.parents(of: resolved).first(where: { !Self.may(X_OK, $0) }) {
                return Obstacle(
                    reason: "the daemon's user \(user.name) may not enter \(parent)",
                    remedy: "run: chmod \(letters("x", for: parent)) \(parent)")
            }
            guard !Self.may(W_OK | X_OK, resolved) else { return nil }
            if errno == EROFS { return .readOnlyFileSystem(directory) }
            let remedy =
                switch Self.owner(of: resolved) {
                case user.id: "run: chmod u+rwx \(directory)"
                case _ where Self.isShared(resolved):
                    "name one in a directory that is the daemon's own: install -d -m 0700 -o \(user.name) "
                        + (directory.hasSuffix("/") ? directory : directory + "/") + "bankrefreshd"
                default: "run: chown \(user.name): \(directory)"
                }
            return Obstacle(
                reason: "the daemon's user \(user.name) may not write to \(directory)", remedy: remedy)
        }.flatMap { $0 }
    }

    /// What keeps the daemon from writing a file, if the file exists; nil if nothing does.
    func obstacle(writing path: String) -> Obstacle? {
        guard access(path, F_OK) == 0 else { return nil }
        let directory = DirectoryPath.of(Self.resolved(path))
        if sandbox.made.contains(String(directory.dropLast())), Self.owner(of: directory) != user.id { return nil }
        return user.acting {
            if Self.may(R_OK | W_OK, path) { return nil }
            if errno == EROFS { return .readOnlyFileSystem(path) }
            let isOwn = Self.owner(of: path) == user.id
            return Obstacle(
                reason: "the daemon's user \(user.name) may not write \(path)",
                remedy: isOwn ? "run: chmod u+rw \(path)" : "run: chown \(user.name): \(path)")
        }.flatMap { $0 }
    }

    // MARK: Paths

    /// The mode for chmod(1) that gives the user a right.
    private func letters(_ right: String, for path: String) -> String {
        (Self.owner(of: path) == user.id ? "u+" : "o+") + right
    }

    /// Whether a directory belongs to the system, so that no message may suggest a chown.
    private static func isShared(_ directory: String) -> Bool {
        let parts = directory.split(separator: "/")
        return parts.count < 2 || parts.count == 2 && ["var", "usr"].contains(parts[0])
    }

    /// Checks with the effective user; access(2) would check the real user of the process.
    private static func may(_ mode: Int32, _ path: String) -> Bool { faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0 }

    private static func owner(of path: String) -> uid_t? { stat(of: path)?.st_uid }

    /// The path without symbolic links; unchanged if it does not exist.
    private static func resolved(_ path: String) -> String {
        guard let whole = realpath(path, nil) else { return path }
        defer { free(whole) }
        return String(cString: whole)
    }

    /// The directories above the path, from the root down.
    private static func parents(of path: String) -> [String] {
        path.indices.filter { path[$0] == "/" }.map { $0 == path.startIndex ? "/" : String(path[..<$0]) }
    }
}

/// Why the daemon cannot use something, and the command or step that fixes it.
struct Obstacle {
    let reason: String
    let remedy: String
}

extension Obstacle {
    /// Applies to every user.
    static func readOnlyFileSystem(_ path: String) -> Self {
        Self(
            reason: "\(path) lies on a file system that is mounted read-only",
            remedy: "mount it for writing, or name a place elsewhere")
    }

    fileprivate init(_ path: String, leadingTo resolved: String, _ obstacle: UnitSandbox.Obstacle, remedy: String) {
        let what = path == resolved || path == resolved + "/" ? path : "\(path), which leads to \(resolved),"
        switch obstacle {
        case .hidden(let tree, let directive):
            self.init(
                reason: "\(what) is out of the daemon's sight: the unit hides \(tree) from it (\(directive))",
                remedy: remedy)
        case .another(let tree, let directive):
            self.init(
                reason: "\(what) is out of the daemon's sight: the unit gives it a \(tree) of its own (\(directive))",
                remedy: remedy)
        case .readOnly(let directive):
            self.init(reason: "\(what) is read-only for the daemon (\(directive) in the unit)", remedy: remedy)
        }
    }
}
