import Glibc

/// This very program, run once more.
enum OwnProgram {
    struct Answer {
        let status: Int32
        let output: [UInt8]
    }

    /// Runs a command to its end; what it writes to stderr is seen, what it writes to stdout is the answer.
    static func run(_ arguments: [String]) throws -> Answer {
        try run(arguments, answering: STDOUT_FILENO, output: nil)
    }

    /// Runs a command whose stdout is an open file; what it writes to stderr is the answer.
    static func run(_ arguments: [String], into output: Int32) throws -> Answer {
        try run(arguments, answering: STDERR_FILENO, output: output)
    }

    private static func run(_ arguments: [String], answering stream: Int32, output: Int32?) throws -> Answer {
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
        let words = (["bankrefreshd"] + arguments).map { strdup($0) }
        defer { words.forEach { free($0) } }
        var process: pid_t = 0
        let code = posix_spawn(&process, "/proc/self/exe", &actions, nil, words + [nil], environ)
        close(writing)
        guard code == 0 else { throw failure(code) }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(reading, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            answer += buffer.prefix(count)
        }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return Answer(
            status: status & 0x7F == 0 ? (status >> 8) & 0xFF : SystemExit.software.rawValue, output: answer)
    }

    private static func failure(_ code: Int32) -> CommandFailure {
        CommandFailure(.software, "this program cannot be run once more: \(String(cString: strerror(code)))")
    }
}
