import Foundation
import Glibc
import RefreshCore
import Synchronization
import Testing
import TightSandbox

/// A directory with a configuration, and a stand-in for Tight: what a command meets.
final class Workplace: Sendable {
    typealias Result = ProgramRun.Result

    let directory: String
    let sandbox: TightSandbox
    /// Whom the sandbox knows, with tokens that no other run has.
    let users: [SandboxUser]
    private let runs = Mutex<[ProgramRun]>([])

    var config: String { directory + "/config.json" }
    var store: String { directory + "/store.sqlite" }
    var key: String { directory + "/store-key" }
    var socket: String { directory + "/control.sock" }

    /// Runs `body` in a workplace with a key; afterwards nothing of it is left, whatever happened.
    ///
    /// With `expiresAt`, users have refresh tokens too.
    static func with(
        users count: Int = 3, expiresAt: Timestamp? = nil,
        sandbox configure: (inout SandboxConfiguration) throws -> Void = { _ in },
        _ body: (Workplace) async throws -> Void
    ) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "commands-\(UUID().uuidString)").path()
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let users = try SandboxUsers.generate(count: count, seed: UUID().uuidString, expiresAt: expiresAt)
        var configuration = SandboxConfiguration(users: users)
        try configure(&configuration)
        try await TightSandbox.running(configuration) { sandbox in
            let place = Workplace(directory: directory, sandbox: sandbox, users: users.list)
            do {
                try sandbox.writeAuthority(to: directory + "/ca.pem")
                try place.configure()
                let made = try await place.run("key", "generate", place.key)
                try #require(made.status == 0, "\(made.errors)")
                try await body(place)
            } catch {
                await place.endAll()
                throw error
            }
            await place.endAll()
        }
    }

    private init(directory: String, sandbox: TightSandbox, users: [SandboxUser]) {
        self.directory = directory
        self.sandbox = sandbox
        self.users = users
    }

    private func endAll() async {
        for run in runs.withLock({ $0 }) {
            run.send(SIGKILL)
            _ = await run.result()
        }
    }

    /// Writes the configuration: every user often, from a store in this directory; `changes` come on top, by section.
    func configure(_ changes: [String: [String: Any]] = [:]) throws {
        var sections: [String: [String: Any]] = [
            "api": ["baseURL": sandbox.baseURL, "caFile": directory + "/ca.pem"],
            "store": ["sqlite": ["path": store], "key": ["file": key]],
            "schedule": ["every": "12h", "minimumInterval": "1h"],
            "control": ["socket": socket],
        ]
        for (section, keys) in changes { sections[section, default: [:]].merge(keys) { _, new in new } }
        try JSONSerialization.data(withJSONObject: sections).write(to: URL(filePath: config))
    }

    // MARK: Running

    /// Starts the daemon's binary; it is killed at the latest when the workplace goes.
    func start(
        _ arguments: [String], input: Data = Data(), terminal: Terminal? = nil, environment: [String: String]? = nil
    ) throws -> ProgramRun {
        try start(
            Program.bankrefreshd.path(), arguments, input: input, terminal: terminal,
            environment: environment ?? ["BANKREFRESHD_CONFIG": config])
    }

    func start(
        _ program: String, _ arguments: [String], input: Data = Data(), terminal: Terminal? = nil,
        environment: [String: String]
    ) throws -> ProgramRun {
        let run = try ProgramRun(
            program, arguments, environment: environment, input: input, terminal: terminal, directory: directory)
        runs.withLock { $0.append(run) }
        return run
    }

    func run(_ arguments: String..., input: String = "", environment: [String: String]? = nil) async throws -> Result {
        try await start(arguments, input: Data(input.utf8), environment: environment).result()
    }

    /// As a user who has no right to anything here.
    func runAsNobody(_ arguments: String...) async throws -> Result {
        try await runAsNobody(arguments)
    }

    func runAsNobody(_ arguments: [String]) async throws -> Result {
        try #require(geteuid() == 0, "this test takes on another user: run it as root")
        return try await start(
            "/usr/bin/setpriv",
            ["--reuid=65534", "--regid=65534", "--clear-groups", Program.bankrefreshd.path()] + arguments,
            environment: ["BANKREFRESHD_CONFIG": config]
        ).result()
    }

    /// The daemon, once it takes requests.
    func startDaemon(
        environment: [String: String] = [:], ready: String = " notice: Ready: "
    ) async throws -> ProgramRun {
        let daemon = try start(["run"], environment: environment.merging(["BANKREFRESHD_CONFIG": config]) { a, _ in a })
        let isReady = await daemon.errors.wait(for: ready)
        try #require(isReady, "\(daemon.errors.text)")
        return daemon
    }

    // MARK: Users and secrets

    func token(_ index: Int) -> String {
        users[index].token.secret.withBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// Everyone whom the sandbox knows, as a file to import.
    var csv: String {
        "user_id,access_token\n" + users.indices.map { "\(users[$0].id),\(token($0))\n" }.joined()
    }

    func importAll() async throws {
        let imported = try await run("users", "import", "-", input: csv)
        try #require(imported.status == 0, "\(imported.errors)")
    }

    func show(_ id: String) async throws -> [String: Any] {
        try await run("users", "show", id, "--json").object
    }

    /// All that programs wrote, by the run and the stream.
    var transcripts: [String: Data] {
        var all: [String: Data] = [:]
        for (index, run) in runs.withLock({ $0 }).enumerated() {
            all["run \(index), output"] = run.output.bytes + (run.terminal?.shown.bytes ?? Data())
            all["run \(index), errors"] = run.errors.bytes
        }
        return all
    }

    /// What the control socket sends back to a request without a body, head and all.
    func answer(to operation: String, with parameters: String = "{}") throws -> Data {
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        try #require(socket.utf8.count < MemoryLayout.size(ofValue: address.sun_path))
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: socket.utf8) }
        let isConnected = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        try #require(isConnected)
        let request = """
            POST /v1/\(operation) HTTP/1.1\r
            Host: localhost\r
            Connection: close\r
            Content-Length: \(parameters.utf8.count)\r
            \r
            \(parameters)
            """
        try handle.write(contentsOf: Data(request.utf8))
        let answer = try handle.readToEnd() ?? Data()
        try #require(answer.starts(with: Data("HTTP/1.1 200".utf8)))
        return answer
    }

    /// Where a text can be read: in what any program wrote, in any file here.
    func placesHolding(_ text: String) -> [String] {
        let wanted = Data(text.utf8)
        var places: [String] = []
        for (index, run) in runs.withLock({ $0 }).enumerated() {
            for transcript in [run.output, run.errors, run.terminal?.shown].compactMap(\.self)
            where transcript.bytes.range(of: wanted) != nil {
                places.append("the output of run \(index)")
            }
        }
        for file in FileManager.default.enumerator(atPath: directory) ?? NSEnumerator() {
            let path = "\(directory)/\(file)"
            if let bytes = FileManager.default.contents(atPath: path), bytes.range(of: wanted) != nil {
                places.append(path)
            }
        }
        return places
    }
}
