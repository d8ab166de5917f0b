import Glibc
import Synchronization

/// Programs that a command runs to their end.
enum ChildProgram {
    struct Answer {
        let status: Int32
        let output: [UInt8]
    }

    /// This very program once more; what it writes to stderr is seen, what it writes to stdout is the answer.
    static func ourselves(_ arguments: [String]) throws -> Answer {
        try run("/proc/self/exe", as: "bankrefreshd", arguments)
    }

    /// This very program once more, its stdout an open file; what it writes to stderr is the answer.
    static func ourselves(_ arguments: [String], into output: Int32) throws -> Answer {
        try run("/proc/self/exe", as: "bankrefreshd", arguments, answering: STDERR_FILENO, output: output)
    }

    /// Another program; what it writes to stderr is seen, what it writes to stdout is the answer.
    ///
    /// A name without `/` is looked for in `$PATH`.
    static func run(_ program: String, _ arguments: [String]) throws -> Answer {
        try run(program, as: program, arguments)
    }

    private static func run(
        _ program: String, as name: String, _ arguments: [String], answering stream: Int32 = STDOUT_FILENO,
        output: Int32? = nil
    ) throws -> Answer {
        func failure(_ code: Int32) -> CommandFailure {
            CommandFailure(.software, "\(name) cannot be run: \(String(cString: strerror(code)))")
        }
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0, ends.allSatisfy({ fcntl($0, F_SETFD, FD_CLOEXEC) == 0 }) else { throw failure(errno) }
        let (reading, writing) = (ends[0], ends[1])
        defer { close(reading) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, writing, stream)
        if let output { posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO) }
        // Copies that live until the process is started, which has its own by then.
        let words = ([name] + arguments).map { strdup($0) }
        defer { words.forEach { free($0) } }
        var process: pid_t = 0
        let code = posix_spawnp(&process, program, &actions, nil, words + [nil], environ)
        close(writing)
        guard code == 0 else { throw failure(code) }
        UnfinishedFile.child.store(process, ordering: .relaxed)
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(reading, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            answer += buffer.prefix(count)
        }
        // Before its number may be another's.
        UnfinishedFile.child.store(0, ordering: .relaxed)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return Answer(
            status: status & 0x7F == 0 ? (status >> 8) & 0xFF : SystemExit.software.rawValue, output: answer)
    }
}
