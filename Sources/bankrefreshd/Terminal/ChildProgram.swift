import Glibc
import Synchronization

/// Runs other programs and waits for their end.
enum ChildProgram {
    struct Answer {
        let status: Int32
        let output: [UInt8]
        /// Empty if stderr is passed through.
        var errors: [UInt8] = []
    }

    /// Runs this program again; its stdout and stderr are captured.
    static func ourselves(_ arguments: [String]) throws -> Answer {
        try run("/proc/self/exe", as: "bankrefreshd", arguments, answering: [STDOUT_FILENO, STDERR_FILENO])
    }

    /// Runs this program again with its stdout to an open file; its stderr is captured as `output`.
    static func ourselves(_ arguments: [String], into output: Int32) throws -> Answer {
        try run("/proc/self/exe", as: "bankrefreshd", arguments, answering: [STDERR_FILENO], output: output)
    }

    /// Runs another program and captures its stdout and stderr, for questions that it may be unable to answer.
    ///
    /// A name without `/` is looked up in `$PATH`.
    static func ask(_ program: String, _ arguments: [String]) throws -> Answer {
        try run(program, as: program, arguments, answering: [STDOUT_FILENO, STDERR_FILENO])
    }

    /// Runs another program; its stderr is passed through, and its stdout is captured.
    ///
    /// A name without `/` is looked up in `$PATH`.
    static func run(_ program: String, _ arguments: [String]) throws -> Answer {
        try run(program, as: program, arguments)
    }

    /// Captures up to two streams.
    private static func run(
        _ program: String, as name: String, _ arguments: [String], answering streams: [Int32] = [STDOUT_FILENO],
        output: Int32? = nil
    ) throws -> Answer {
        func failure(_ code: Int32) -> CommandFailure {
            CommandFailure(.software, "\(name) cannot be run: \(String(cString: strerror(code)))")
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var (reading, writing): ([Int32], [Int32]) = ([], [])
        defer { reading.forEach { close($0) } }
        for stream in streams {
            var ends: [Int32] = [-1, -1]
            guard pipe(&ends) == 0 else {
                let code = errno
                writing.forEach { close($0) }
                throw failure(code)
            }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            reading.append(ends[0])
            writing.append(ends[1])
            posix_spawn_file_actions_adddup2(&actions, ends[1], stream)
        }
        if let output { posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO) }
        // These copies live until the process has started and has its own.
        let words = ([name] + arguments).map { strdup($0) }
        defer { words.forEach { free($0) } }
        var process: pid_t = 0
        let code = posix_spawnp(&process, program, &actions, nil, words + [nil], environ)
        writing.forEach { close($0) }
        guard code == 0 else { throw failure(code) }
        UnfinishedFile.child.store(process, ordering: .relaxed)
        let answers = whole(of: reading)
        // Before the process id can be reused.
        UnfinishedFile.child.store(0, ordering: .relaxed)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return Answer(
            status: status & 0x7F == 0 ? (status >> 8) & 0xFF : SystemExit.software.rawValue,
            output: answers.first ?? [], errors: answers.count > 1 ? answers[1] : [])
    }

    /// Reads all descriptors to their end, in whatever order data arrives.
    private static func whole(of descriptors: [Int32]) -> [[UInt8]] {
        var answers = [[UInt8]](repeating: [], count: descriptors.count)
        var waiting = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while waiting.contains(where: { $0.fd >= 0 }) {
            if poll(&waiting, nfds_t(waiting.count), -1) < 0 {
                guard errno == EINTR else { break }
                continue
            }
            for index in waiting.indices where waiting[index].fd >= 0 && waiting[index].revents != 0 {
                let count = read(waiting[index].fd, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                // poll(2) ignores a negative descriptor.
                if count <= 0 { waiting[index].fd = -1 }
                answers[index] += buffer.prefix(max(0, count))
            }
        }
        return answers
    }
}
