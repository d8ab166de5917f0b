import Glibc

/// What a file is until it is complete: `store.sqlite.4711.partial`, after the process that writes it.
package enum PartialFile {
    private static let suffix = ".partial"
    /// What SQLite may leave beside it.
    private static let suffixes = [suffix, suffix + "-journal"]

    package static func name(for target: String) -> String { "\(target).\(getpid())\(suffix)" }

    /// All that may lie on the disk under that name.
    package static func files(for target: String) -> [String] {
        suffixes.map { "\(target).\(getpid())\($0)" }
    }

    /// Removes what processes left that were killed while they wrote `target`.
    package static func removeAbandoned(of target: String) {
        let directory = StoreFile.directory(of: target)
        let base = target.split(separator: "/").last.map { "\($0)." } ?? ""
        removeAbandoned(in: directory) { $0.hasPrefix(base) }
    }

    static func removeAbandoned(in directory: String, where isMeant: (String) -> Bool) {
        for name in StoreFile.names(in: directory) where isMeant(name) {
            guard let process = process(in: name), isAbandoned(directory + name, by: process) else { continue }
            unlink(directory + name)
        }
    }

    /// The number before the suffix.
    private static func process(in name: String) -> pid_t? {
        guard let suffix = suffixes.first(where: name.hasSuffix) else { return nil }
        return name.dropLast(suffix.count).split(separator: ".").last.flatMap { pid_t($0) }
    }

    /// Whether the process is gone, or has its number from one that is: then it began after the file was written last.
    ///
    /// No lock tells, for on network file systems one would keep SQLite from the file.
    private static func isAbandoned(_ file: String, by process: pid_t) -> Bool {
        guard process > 0 else { return false }
        if kill(process, 0) != 0, errno == ESRCH { return true }
        var status = stat()
        guard lstat(file, &status) == 0, let began = beginning(of: process) else { return false }
        // Its beginning is known to a hundredth of a second, and clocks of file systems run behind a little.
        return Double(status.st_mtim.tv_sec) + 2 < began
    }

    /// When a process began, in seconds since 1970; nil where that is not told.
    ///
    /// Source: proc_pid_stat(5), field 22.
    private static func beginning(of process: pid_t) -> Double? {
        let descriptor = open("/proc/\(process)/stat", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 2_048)
        let count = read(descriptor, &buffer, buffer.count)
        // The name of the program, in parentheses, may hold anything.
        guard count > 0, let end = buffer[..<count].lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = String(decoding: buffer[(end + 1)..<count], as: UTF8.self).split(separator: " ")
        guard fields.count > 19, let ticks = Double(fields[19]) else { return nil }
        var (calendar, steady) = (timespec(), timespec())
        clock_gettime(CLOCK_REALTIME, &calendar)
        clock_gettime(CLOCK_BOOTTIME, &steady)
        return Double(calendar.tv_sec - steady.tv_sec) + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
