import ArgumentParser
import FoundationEssentials
import Glibc
import Synchronization

/// Runs other programs and waits for their end.
enum ChildProgram {
    struct Answer {
        let status: Int32
        let output: [UInt8]
        /// Empty if stderr is passed through.
        let errors: [UInt8]
    }

    /// Runs a command of this program with `--json`, and returns what it says.
    ///
    /// For commands that open the store: that gives up, for good, rights that a key file or the output may need.
    /// If its stdout goes to the open file `output`, that is the last line of its stderr. Its failure is thrown, so that
    /// this command prints it in its own form; `statuses` are no failures.
    static func ourselves<Said: Decodable>(
        _ command: [String], _ common: CommonOptions, into output: Int32? = nil, endingWith statuses: Set<Int32> = [0]
    ) throws -> Said {
        let answer = try run(
            "/proc/self/exe", as: "bankrefreshd", command + ["--json", "--config", common.file.path], output: output)
        let said = output == nil ? answer.output[...] : answer.errors.split(separator: UInt8(ascii: "\n")).last ?? []
        guard statuses.contains(answer.status), let said = try? JSONDecoder().decode(Said.self, from: Data(said)) else {
            if let failure = CommandFailure(json: answer.errors) { throw failure }
            StandardError.write(String(decoding: answer.errors, as: UTF8.self))
            throw ExitCode(answer.status == 0 ? SystemExit.software.rawValue : answer.status)
        }
        return said
    }

    /// Runs a program and captures its stdout and perhaps its stderr.
    ///
    /// A name without `/` is looked up in `$PATH`. With `output`, its stdout goes to that open file instead.
    static func run(
        _ program: String, as name: String? = nil, _ arguments: [String],
        capturing streams: [Int32] = [STDOUT_FILENO, STDERR_FILENO], output: Int32? = nil
    ) throws -> Answer {
        let name = name ?? program
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
            output: answers[0], errors: answers.count > 1 ? answers[1] : [])
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
