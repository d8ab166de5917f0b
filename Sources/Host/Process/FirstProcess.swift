import Glibc
import Synchronization

/// Process 1 of a PID namespace, as in a container: it runs the daemon as its child.
///
/// The kernel lets nothing inside a namespace kill its process 1, not even a timer with SIGKILL, so a daemon that is
/// process 1 would outlive its `DeadMansTimer`. Source: pid_namespaces(7).
package enum FirstProcess {
    package static var isThisOne: Bool { getpid() == 1 }

    /// The signals that stop, reload or query a service; the kernel handles all others.
    private static let passedOn = [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2]
    private static let notStarted: pid_t = 0
    private static let ended: pid_t = -1
    private static let child = Atomic<pid_t>(notStarted)

    /// Runs this program again, with the same arguments and environment, until the child ends.
    ///
    /// Passes signals on to the child and reaps orphans. Returns the child's exit code, or 128 plus the number of the
    /// signal that killed it.
    package static func keepChild() throws(FirstProcessProblem) -> Int32 {
        // Before the handlers are installed, as they must not be the first to initialise it.
        child.store(notStarted, ordering: .sequentiallyConsistent)
        // The parent may have ignored it, in which case children leave no status.
        signal(SIGCHLD, SIG_DFL)
        for number in passedOn { signal(number) { FirstProcess.passOn($0) } }
        let daemon = try start()
        child.store(daemon, ordering: .sequentiallyConsistent)
        var status: Int32 = 0
        while true {
            let process = waitpid(-1, &status, 0)
            if process == daemon { break }
            // Any other child is an orphan. There is always a child to wait for: the daemon.
            if process < 0, errno != EINTR { throw FirstProcessProblem(action: "wait for the daemon", code: errno) }
        }
        child.store(ended, ordering: .sequentiallyConsistent)
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }

    /// Runs in a signal handler, and calls nothing but what signal-safety(7) allows.
    private static func passOn(_ number: Int32) {
        let code = errno
        switch child.load(ordering: .sequentiallyConsistent) {
        case notStarted: if number == SIGTERM || number == SIGINT { _exit(0) }
        case ended: break
        case let daemon: kill(daemon, number)
        }
        errno = code
    }

    /// Starts the child by exec, never by fork alone, as there are threads already.
    private static func start() throws(FirstProcessProblem) -> pid_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // This may be a Dispatch thread, which blocks nearly all signals.
        var (none, changed) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigemptyset(&changed)
        for number in passedOn + [SIGCHLD] { sigaddset(&changed, number) }
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &changed)
        // In a process group of its own: Ctrl-C on a terminal reaches it once, through this process.
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
        posix_spawnattr_setflags(&attributes, Int16(flags))
        // The copies live until the child has started and has its own.
        let words = CommandLine.arguments.map { strdup($0) }
        defer { words.forEach { free($0) } }
        var daemon: pid_t = 0
        let code = posix_spawn(&daemon, program, nil, &attributes, words + [nil], environment() + [nil])
        guard code == 0 else { throw FirstProcessProblem(action: "start the daemon as its child", code: code) }
        return daemon
    }

    /// The path of the binary, which `ps` then shows; if it was removed meanwhile, the kernel's link to it.
    private static var program: String {
        let link = "/proc/self/exe"
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(link, &bytes, bytes.count)
        let path = String(decoding: bytes.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return count > 0 && access(path, X_OK) == 0 ? path : link
    }

    /// This process's environment without a `WATCHDOG_PID` that names it, so that the child sends the watchdog beats.
    private static func environment() -> [UnsafeMutablePointer<CChar>?] {
        var next = environ
        var variables: [UnsafeMutablePointer<CChar>?] = []
        // The list ends with a null pointer (environ(7)).
        while let variable = next.pointee {
            if strcmp(variable, "WATCHDOG_PID=\(getpid())") != 0 { variables.append(variable) }
            next += 1
        }
        return variables
    }
}

/// Process 1 cannot run the daemon as its child.
package struct FirstProcessProblem: Error, Equatable, CustomStringConvertible {
    package let action: String
    package let code: Int32

    package var description: String { "process 1 cannot \(action): \(systemText(code))" }
}
