import Foundation
import Glibc
import Synchronization

/// One run of a program: what it is given, what it writes, how it ends.
final class ProgramRun: Sendable {
    /// What a program left behind.
    struct Result {
        /// The exit code; minus the signal's number when one killed it.
        let status: Int32
        let output: String
        let errors: String

        var json: Any { (try? JSONSerialization.jsonObject(with: Data(output.utf8), options: .fragmentsAllowed)) ?? "" }
        var object: [String: Any] { json as? [String: Any] ?? [:] }
        var objects: [[String: Any]] { json as? [[String: Any]] ?? [] }
    }

    let output = Transcript()
    let errors = Transcript()
    let terminal: Terminal?
    let pid: pid_t
    private let ending = Transcript()
    private let status = Mutex<Int32?>(nil)

    /// Starts it with these variables alone; on a terminal, its streams are the terminal's.
    init(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], input: Data = Data(),
        terminal: Terminal? = nil, directory: String
    ) throws {
        // Input that nobody reads any more must not end the tests.
        signal(SIGPIPE, SIG_IGN)
        self.terminal = terminal
        let environment = environment.merging(["PATH": "/usr/bin:/bin", "HOME": directory, "LANG": "C.UTF-8"]) {
            given, _ in given
        }
        if let terminal {
            let side = terminal.programSide.fileDescriptor
            pid = try Spawning.spawn(
                program, arguments, environment: environment, directory: directory, streams: (side, side, side))
            try terminal.programSide.close()
        } else {
            let (stdin, stdout, stderr) = (try Spawning.pipe(), try Spawning.pipe(), try Spawning.pipe())
            pid = try Spawning.spawn(
                program, arguments, environment: environment, directory: directory,
                streams: (stdin.reading, stdout.writing, stderr.writing))
            for end in [stdin.reading, stdout.writing, stderr.writing] { close(end) }
            output.collect(from: stdout.reading)
            errors.collect(from: stderr.reading)
            Thread.detachNewThread {
                try? FileHandle(fileDescriptor: stdin.writing, closeOnDealloc: true).write(contentsOf: input)
            }
        }
        Thread.detachNewThread { [self] in
            // Looked at first and reaped under the lock, so that no signal goes to another process of the same number.
            var information = siginfo_t()
            while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
            status.withLock { status in
                var code: Int32 = 0
                waitpid(pid, &code, 0)
                status = code & 0x7F == 0 ? (code >> 8) & 0xFF : -(code & 0x7F)
            }
            ending.append(Data())
        }
    }

    func send(_ signal: Int32) {
        status.withLock { if $0 == nil { kill(pid, signal) } }
    }

    /// The exit code, whoever still holds its streams.
    func ended() async -> Int32 {
        _ = await ending.whole()
        return status.withLock(\.self) ?? .min
    }

    func result() async -> Result {
        let status = await ended()
        let shown = if let terminal { await terminal.shown.whole() } else { await output.whole() }
        let errors = terminal == nil ? await errors.whole() : ""
        return Result(status: status, output: shown, errors: errors)
    }
}
