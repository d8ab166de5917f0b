import Glibc
import RefreshCore

/// The name of a file until it is complete: `store.sqlite.4711.partial`, with the id of the writing process.
package enum PartialFile {
    private static let suffix = ".partial"
    /// The journal is what SQLite may leave beside the file.
    private static let suffixes = [suffix, suffix + "-journal"]

    package static func name(for target: String) -> String { "\(target).\(getpid())\(suffix)" }

    /// All the files that may exist under that name.
    package static func files(for target: String) -> [String] {
        suffixes.map { "\(target).\(getpid())\($0)" }
    }

    /// Removes the partial files of `target` that were left by killed processes.
    package static func removeAbandoned(of target: String) {
        let directory = DirectoryPath.of(target)
        let base = target.split(separator: "/").last.map { "\($0)." } ?? ""
        removeAbandoned(in: directory) { $0.hasPrefix(base) }
    }

    /// Removes those that were last written before `moment`, in seconds since 1970.
    static func removeAbandoned(
        in directory: String, writtenBefore moment: Int = .max, where isMeant: (String) -> Bool
    ) {
        for name in StoreFile.names(in: directory) where isMeant(name) {
            var status = stat()
            guard let process = process(in: name), isAbandoned(directory + name, by: process),
                lstat(directory + name, &status) == 0, status.st_mtim.tv_sec < moment
            else { continue }
            unlink(directory + name)
        }
    }

    /// The process id in the name.
    private static func process(in name: String) -> pid_t? {
        guard let suffix = suffixes.first(where: name.hasSuffix) else { return nil }
        return name.dropLast(suffix.count).split(separator: ".").last.flatMap { pid_t($0) }
    }

    /// Whether the process is gone, or its id belongs to a process that began after the file was last written.
    ///
    /// The writer holds no lock that would tell: on network file systems, a lock would keep SQLite from the file.
    private static func isAbandoned(_ file: String, by process: pid_t) -> Bool {
        guard process > 0 else { return false }
        if kill(process, 0) != 0, errno == ESRCH { return true }
        var status = stat()
        guard lstat(file, &status) == 0, let began = beginning(of: process) else { return false }
        // Start times are known to a hundredth of a second, and file system clocks run slightly behind.
        return Double(status.st_mtim.tv_sec) + 2 < began
    }

    /// When a process began, in seconds since 1970; nil if that cannot be read.
    ///
    /// Source: proc_pid_stat(5), field 22.
    private static func beginning(of process: pid_t) -> Double? {
        let descriptor = open("/proc/\(process)/stat", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 2_048)
        let count = read(descriptor, &buffer, buffer.count)
        // The program name, in parentheses, may contain anything.
        guard count > 0, let end = buffer[..<count].lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = String(decoding: buffer[(end + 1)..<count], as: UTF8.self).split(separator: " ")
        guard fields.count > 19, let ticks = Double(fields[19]) else { return nil }
        var (calendar, steady) = (timespec(), timespec())
        clock_gettime(CLOCK_REALTIME, &calendar)
        clock_gettime(CLOCK_BOOTTIME, &steady)
        return Double(calendar.tv_sec - steady.tv_sec) + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
