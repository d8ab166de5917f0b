import Glibc

/// Standard output, as far as tokens may be written to it.
enum ClearTextOutput {
    private static let remedy = "name the file, or a program after |"

    /// Throws unless it is a pipe, or a file that only the caller may read.
    static func check(_ descriptor: Int32 = STDOUT_FILENO) throws {
        guard isatty(descriptor) == 0 else {
            throw CommandFailure(.usage, "the tokens would be shown on the terminal", remedy: remedy)
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw CommandFailure(.outputFailed, "standard output is closed", remedy: remedy)
        }
        let isOpenToOthers = status.st_mode & 0o077 != 0
        switch status.st_mode & S_IFMT {
        case S_IFIFO where !isOpenToOthers: return
        case S_IFREG where !isOpenToOthers && status.st_uid == geteuid(): return
        case S_IFIFO, S_IFREG:
            throw CommandFailure(.usage, "standard output is a file that others may read", remedy: remedy)
        // One end of a pair is as good as a pipe; behind a name somebody listens, such as the journal.
        case S_IFSOCK where isPair(descriptor): return
        default:
            throw CommandFailure(.usage, "standard output is neither a pipe nor a file", remedy: remedy)
        }
    }

    private static func isPair(_ descriptor: Int32) -> Bool {
        var address = sockaddr_un()
        var length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let code = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &length) }
        }
        return code == 0 && address.sun_family == sa_family_t(AF_UNIX)
            && Int(length) == MemoryLayout<sa_family_t>.size
    }
}
