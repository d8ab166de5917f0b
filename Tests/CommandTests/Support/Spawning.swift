import Foundation
import Glibc
import Testing

/// Starts processes with posix_spawn(3): nothing of ours goes to them but three streams.
enum Spawning {
    /// Starts a program in a directory, with these variables alone; `streams` become its 0, 1 and 2.
    static func spawn(
        _ program: String, _ arguments: [String], environment: [String: String], directory: String,
        streams: (input: Int32, output: Int32, errors: Int32)
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, streams.input, 0)
        posix_spawn_file_actions_adddup2(&actions, streams.output, 1)
        posix_spawn_file_actions_adddup2(&actions, streams.errors, 2)
        // A sandbox in this process that stops listening must not be kept listening by a program.
        for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            if let descriptor = Int32(name), descriptor > 2 { posix_spawn_file_actions_addclose(&actions, descriptor) }
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The tests ignore SIGPIPE and may block others; a program started by a shell does not.
        var (all, none) = (sigset_t(), sigset_t())
        sigfillset(&all)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        // env(1) changes the directory, and becomes the program.
        let words = (["env", "-C", directory, program] + arguments).map { strdup($0) }
        let variables = environment.map { strdup("\($0.key)=\($0.value)") }
        defer { (words + variables).forEach { free($0) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, "/usr/bin/env", &actions, &attributes, words + [nil], variables + [nil])
        try #require(code == 0, "\(program): \(String(cString: strerror(code)))")
        return pid
    }

    /// A pipe that programs get one end of by name only.
    static func pipe() throws -> (reading: Int32, writing: Int32) {
        // Of a socket pair, as only that is closed to programs from its beginning: one that got an end by chance would
        // keep it open.
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        try #require(socketpair(AF_UNIX, kind, 0, &ends) == 0)
        return (ends[0], ends[1])
    }
}
