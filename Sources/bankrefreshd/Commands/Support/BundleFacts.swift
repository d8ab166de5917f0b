import Glibc
import Host
import PostgreSQLStore
import RefreshConfiguration
import RefreshCore
import SQLiteStore

/// The facts about the machine in a bundle: versions, the unit, the store's files.
enum BundleFacts {
    /// Lines of the form `name: value`.
    static func versions() -> String {
        var lines = ["bankrefreshd: \(Version.text)", "SQLite: \(StoreHeader.libraryVersion)"]
        lines.append("libpq: \(ServerExamination.libraryVersion)")
        var system = utsname()
        if uname(&system) == 0 {
            lines.append("kernel: \(text(&system.sysname)) \(text(&system.release)) \(text(&system.machine))")
        }
        for line in file("/etc/os-release") where line.hasPrefix("PRETTY_NAME=") {
            lines.append("system: " + line.dropFirst("PRETTY_NAME=".count).filter { $0 != "\"" })
        }
        let systemd = try? ChildProgram.run("systemctl", ["--version"])
        let said = systemd.flatMap { String(decoding: $0.output, as: UTF8.self).split(separator: "\n").first }
        lines.append("systemd: \(said.map(String.init) ?? "none")")
        lines.append("processors: \(sysconf(Int32(_SC_NPROCESSORS_ONLN)))")
        let memory = file("/proc/meminfo").filter { $0.hasPrefix("MemTotal:") || $0.hasPrefix("MemAvailable:") }
        lines += memory.map(String.init)
        lines += file("/proc/loadavg").prefix(1).map { "load: \($0)" }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The properties that show how the unit runs; none that may hold a secret, such as its environment.
    static let properties = [
        "LoadState", "ActiveState", "SubState", "Result", "UnitFileState", "FragmentPath", "DropInPaths",
        "NeedDaemonReload", "StatusText", "StatusErrno", "User", "Group", "Type", "NRestarts", "ExecMainCode",
        "ExecMainStatus", "ExecMainStartTimestamp", "ExecMainExitTimestamp", "ActiveEnterTimestamp",
        "InactiveEnterTimestamp", "WatchdogUSec", "TimeoutStartUSec", "TimeoutStopUSec", "Restart", "RestartUSec",
        "MemoryCurrent", "MemoryMax", "MemoryHigh", "CPUUsageNSec", "TasksCurrent", "TasksMax", "LimitNOFILE",
        "ProtectSystem", "ProtectHome", "PrivateTmp", "ReadWritePaths", "StateDirectory", "RuntimeDirectory",
    ]

    /// The unit's properties from systemd, as lines of the form `name=value`.
    struct Unit {
        let text: String

        /// The daemon's own status text, which may contain text that people wrote.
        var status: String { String(text[statusRange]) }

        func mappingStatus(_ change: (String) -> String) -> Unit {
            Unit(text: String(text[..<statusRange.lowerBound]) + change(status) + text[statusRange.upperBound...])
        }

        /// Found by bytes: a value may begin with a mark that combines with the character before it.
        private var statusRange: Range<String.Index> {
            let bytes = text.utf8
            let line = bytes.split(separator: UInt8(ascii: "\n")).first { $0.starts(with: Self.statusName) }
            guard let line else { return text.endIndex..<text.endIndex }
            return bytes.index(line.startIndex, offsetBy: Self.statusName.count)..<line.endIndex
        }

        private static let statusName = "StatusText=".utf8
    }

    /// Nil if systemd does not run here.
    static func unit() -> Unit? { InstalledUnit.shown(properties).map(Unit.init) }

    struct Store: Encodable {
        struct File: Encodable {
            let path: String
            let bytes: Int64
            let mode: String
            let owner: String
            let changed: String
        }

        let path: String
        let files: [File]
        /// The header of the store's file; nil if it is not a database.
        let head: StoreHeader?
        /// The free bytes of its file system; `freeFiles` are the free inodes.
        let freeBytes: Int64?
        let freeFiles: Int64?
        let fileSystem: String?
    }

    /// The location of a store on a server; check-config.json says more about it.
    struct ServerStore: Encodable {
        let hosts: [String]
        let database: String
        let user: String
        let member: String

        /// Nil if the store is a file.
        init?(_ settings: StoreSettings) {
            guard let hosts = settings.postgresql.hosts else { return nil }
            self.hosts = hosts.map(\.name)
            database = settings.postgresql.database
            user = settings.postgresql.user
            member = settings.memberName
        }
    }

    /// The store's files, without opening the store.
    static func store(_ settings: StoreSettings) -> Store {
        let path = settings.sqlitePath
        var room = statvfs()
        let isKnown = statvfs(DirectoryPath.of(path), &room) == 0
        return Store(
            path: path,
            files: ["", "-wal", "-shm", ".lock", ".before-upgrade"].compactMap { file(at: path + $0) },
            head: StoreHeader(path: path), freeBytes: isKnown ? Int64(room.f_bavail * room.f_frsize) : nil,
            freeFiles: isKnown ? Int64(room.f_favail) : nil,
            fileSystem: FileSystemKind(of: DirectoryPath.of(path))?.name)
    }

    private static func file(at path: String) -> Store.File? {
        guard let status = stat(of: path) else { return nil }
        let changed = Timestamp(secondsSinceEpoch: Int64(status.st_mtim.tv_sec))
        return Store.File(
            path: path, bytes: Int64(status.st_size), mode: "0" + String(status.st_mode & 0o7777, radix: 8),
            owner: "\(status.st_uid):\(status.st_gid)", changed: changed.description)
    }

    private static func file(_ path: String) -> [Substring] {
        String(decoding: (try? ByteSource.bytes(of: path)) ?? [], as: UTF8.self).split(separator: "\n")
    }

    /// The text in a C array of characters with a fixed size.
    private static func text<Characters>(_ characters: inout Characters) -> String {
        withUnsafeBytes(of: &characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
