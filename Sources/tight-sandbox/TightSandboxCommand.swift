import ArgumentParser
import Glibc
import RefreshCore
import TightSandbox
import UnixSignals

/// The sandbox as a program: parses its options, prints where it listens, and runs until it is signalled.
@main
struct TightSandboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tight-sandbox",
        abstract: "A stand-in for the Tight API that keeps its contract and can simulate failures.",
        discussion: """
            It answers POST /rest/v5/banks/refresh and POST /rest/v5/auth/token for the users that it knows. It makes a
            new certificate authority at every start: give the daemon the file from --ca-file as api.caFile. Its tokens
            are valid nowhere else.

            EXAMPLES
              A thousand users, one call in ten fails:
                tight-sandbox --users 1000 --users-file users.csv --ca-file ca.pem --share failure=0.1
              The users of a file; one of them fails twice, then succeeds:
                tight-sandbox --users-from users.csv --ca-file ca.pem --behaviour alice=failure,failure,success
              With commands while it runs:
                tight-sandbox --users 10 --ca-file ca.pem --admin-port 9000
                curl -X PUT -d '{"on":true,"status":503}' http://127.0.0.1:9000/outage
                curl http://127.0.0.1:9000/calls?times=no
              Tokens that expire after a minute, and a client that can renew them:
                tight-sandbox --users 10 --users-file users.csv --ca-file ca.pem --token-lifetime 60s \
                  --client-secret-file client-secret --admin-port 9000
                curl http://127.0.0.1:9000/renewals?times=no
                curl -X DELETE http://127.0.0.1:9000/tokens/user-000001/access
                curl -X PUT -d '{"behaviour":"traded:close"}' http://127.0.0.1:9000/token-behaviour

            BEHAVIOURS
              \(Behaviour.forms)
            """
    )

    @OptionGroup(title: "Users") var users: UserOptions
    @OptionGroup(title: "Listening") var listening: ListeningOptions
    @OptionGroup(title: "Tokens") var tokens: TokenOptions
    @OptionGroup(title: "Behaviour") var behaviour: BehaviourOptions

    @Flag(help: "Every second, write to standard error how many calls arrived, by behaviour.")
    var verbose = false

    @Option(
        help: ArgumentHelp(
            """
            Append a line of JSON to this file for each call, after it is read and before it is answered. The lines \
            survive the process, even a SIGKILL.
            """,
            valueName: "file"))
    var callLog: String?

    func run() async throws {
        raiseOpenFileLimit()
        // Trapped before the first line of output, so that a process that waits for this line can end the program at
        // once.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let sandbox = try await start()
        try announce(sandbox)
        await withTaskGroup { group in
            if verbose { group.addTask { await CallTicker(sandbox: sandbox).run() } }
            for await _ in signals { break }
            group.cancelAll()
        }
        await sandbox.stop()
    }

    private func start() async throws -> TightSandbox {
        let lifetime = try tokens.lifetime()
        var configuration = SandboxConfiguration(
            users: try users.load(expiresAt: lifetime.map { Timestamp.atPresent.advanced(by: $0) })
        )
        configuration.client = try tokens.client()
        configuration.tokenLifetime = lifetime
        configuration.rotation = tokens.rotation
        configuration.tokenShares = try tokens.shares()
        configuration.host = listening.host
        configuration.port = listening.port
        configuration.isPlain = listening.plain
        configuration.offersHTTP2 = !listening.http1Only
        configuration.maxConcurrentStreams = listening.maxStreams
        configuration.adminPort = listening.adminPort
        configuration.shares = try behaviour.shares()
        configuration.latency = try behaviour.parsedLatency()
        configuration.seed = behaviour.seed
        configuration.observer = try callLog.map(observer)
        let sandbox = try await TightSandbox.start(configuration)
        for (user, script) in try behaviour.scripts() where !sandbox.set(script: script, forUser: user) {
            await sandbox.stop()
            throw ValidationError("--behaviour: there is no user “\(user)”")
        }
        for (user, script) in try tokens.scripts() where !sandbox.tokens.set(script, for: user) {
            await sandbox.stop()
            throw ValidationError("--token-behaviour: there is no user “\(user)”")
        }
        return sandbox
    }

    /// Ends the program if an event cannot be logged: a log that others rely on must not have gaps.
    private func observer(writingTo path: String) throws -> @Sendable (CallEvent) -> Void {
        let file = try CallEventFile(path: path)
        return { event in
            do {
                try file.append(event)
            } catch {
                writeToStandardError("tight-sandbox: \(error)\n")
                Glibc.exit(EX_IOERR)
            }
        }
    }

    private func announce(_ sandbox: TightSandbox) throws {
        let scheme = sandbox.authorityPEM == nil ? "http" : "https"
        let host = listening.host.contains(":") ? "[\(listening.host)]" : listening.host
        var line = "tight-sandbox: listening on \(scheme)://\(host):\(sandbox.port)/rest"
        if sandbox.authorityPEM != nil, let path = listening.caFile {
            try sandbox.writeAuthority(to: path)
            line += ", CA in \(path)"
        }
        if let port = sandbox.adminPort { line += ", commands on http://127.0.0.1:\(port)" }
        print(line)
        // Standard output to a pipe is buffered, and another process waits for this line.
        fflush(nil)
    }

    /// Raises the limit of open files for thousands of concurrent calls; 1,024 is meant for programs with select(2).
    private func raiseOpenFileLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}

/// Where the sandbox listens, and how.
struct ListeningOptions: ParsableArguments {
    @Option(help: "The address to listen on; the certificate is valid for localhost, 127.0.0.1 and ::1.")
    var host = "127.0.0.1"

    @Option(help: "The port to listen on; 0 for any free one.")
    var port = 8_443

    @Option(help: "The file to write the certificate authority to, as PEM.")
    var caFile: String?

    @Flag(help: "Speak plain HTTP/1.1, for benchmarks over the loopback interface.")
    var plain = false

    @Flag(help: "Do not offer HTTP/2.")
    var http1Only = false

    @Option(help: "The maximum number of concurrent HTTP/2 streams on one connection.")
    var maxStreams = 128

    @Option(help: "The port on 127.0.0.1 that accepts commands; 0 for any free one.")
    var adminPort: Int?
}

/// Writes one line a second to standard error: how many calls arrived, and their behaviours.
struct CallTicker {
    let sandbox: TightSandbox

    func run() async {
        var last = sandbox.totals
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            let now = sandbox.totals
            let parts = now.behaviours.sorted { $0.key < $1.key }.compactMap { name, count -> String? in
                // A reset in between restarts the counts.
                let new = count - min(count, last.behaviours[name] ?? 0)
                return new > 0 ? "\(name) \(new)" : nil
            }
            let calls = now.total - min(now.total, last.total)
            let line =
                "\(calls) calls/s, \(now.inFlight) in flight, \(now.total) so far"
                + (parts.isEmpty ? "" : ": " + parts.joined(separator: ", ")) + "\n"
            writeToStandardError(line)
            last = now
        }
    }
}

/// Swift treats the C variable `stderr` as shared mutable state; its descriptor number is not.
private func writeToStandardError(_ text: String) {
    _ = Array(text.utf8).withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
