import Glibc
package import RefreshCore
package import RefreshDaemon

extension ProcessUsage {
    /// Reads `/proc/self`; nil if it is not available.
    ///
    /// Source: proc(5), `/proc/[pid]/stat`; the start time is in ticks since boot.
    package static func ofThisProcess(now: Timestamp, sinceBoot: Duration) -> ProcessUsage? {
        guard let text = kernelText("/proc/self/stat"),
            // The second field, the program's name in parentheses, may contain any character.
            let nameEnd = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: nameEnd)...].split(separator: " ")
        guard fields.count > 21, let user = Int64(fields[11]), let system = Int64(fields[12]),
            let started = Int64(fields[19]), let pages = Int(fields[21])
        else { return nil }
        let ticks = max(1, Int64(sysconf(CInt(_SC_CLK_TCK))))
        func span(_ count: Int64) -> Duration { .microseconds(count * 1_000_000 / ticks) }
        return ProcessUsage(
            startedAt: now.advanced(by: span(started) - sinceBoot),
            processorTime: span(user + system),
            residentBytes: pages * max(1, sysconf(CInt(_SC_PAGESIZE))),
            openFiles: openFiles())
    }

    private static func openFiles() -> Int {
        guard let directory = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        // The entries `.` and `..` and the descriptor of this listing do not count.
        return max(0, count - 3)
    }
}

/// The text of a small file that the kernel writes when it is read; nil if it is not available.
func kernelText(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 4_096)
    let count = read(descriptor, &buffer, buffer.count)
    return count > 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : nil
}
