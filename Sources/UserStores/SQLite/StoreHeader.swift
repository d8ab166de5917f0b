import Glibc
package import RefreshCore

/// What the head of a file of SQLite tells, read without SQLite: which would follow a log that lies beside it.
///
/// Only for files that this process has not open with SQLite: closing any descriptor of a file frees SQLite's locks on it.
///
/// Source: "Database File Format" of SQLite, section 1.3.
package struct StoreHeader: Equatable {
    /// "BRbk", as user version: the file is a backup and was never used as a store.
    static let backup: UInt32 = 0x4252_626B

    package let isStore: Bool
    package let isBackup: Bool

    /// Nil when there is no file, or no database of SQLite.
    package init?(path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        self.init(descriptor: descriptor)
    }

    /// Throws where a backup was copied over a store whose log is still there: SQLite would read both as one.
    ///
    /// A backup never has a log: what lies there belongs to the store before. Returns what was read; nil as `init`.
    @discardableResult
    package static func checkLeftovers(beside path: String) throws(StoreProblem) -> StoreHeader? {
        let header = StoreHeader(path: path)
        guard let header, header.isBackup, StoreFile.size(of: path + "-wal") > 0 else { return header }
        let beside: [String] = [path + "-wal", path + "-shm"]
        throw .leftoverFiles(place: path, files: beside.filter { access($0, F_OK) == 0 })
    }

    init?(descriptor: Int32) {
        var head = [UInt8](repeating: 0, count: 100)
        guard pread(descriptor, &head, head.count, 0) == head.count, head.starts(with: Array("SQLite format 3\0".utf8))
        else { return nil }
        func number(_ offset: Int) -> UInt32 { head[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) } }
        isStore = number(68) == UInt32(StoreInspection.applicationID)
        isBackup = isStore && number(60) == Self.backup
    }
}
