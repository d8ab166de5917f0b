import Foundation
import Glibc
import RefreshCore
import Testing
import TightSandbox

/// The whole system at work with tokens that no other run has, and then a look at every byte that it wrote or sent.
@Suite(.timeLimit(.minutes(2)))
struct LeakTests {
    /// What can be read of every process by whoever may look.
    private static func processes() -> Data {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.filter { Int($0) != nil }
            .flatMap { name in ["cmdline", "environ"].map { "/proc/\(name)/\($0)" } }
            .reduce(into: Data()) { $0 += FileManager.default.contents(atPath: $1) ?? Data() } ?? Data()
    }

    /// The files of a workplace, and what its programs wrote.
    private static func written(in place: Workplace) -> [String: Data] {
        var all = place.transcripts
        for name in FileManager.default.enumerator(atPath: place.directory) ?? NSEnumerator() {
            let path = "\(place.directory)/\(name)"
            if let bytes = FileManager.default.contents(atPath: path) { all[path] = bytes }
        }
        return all
    }

    /// The daemon, allowed to leave a core wherever it dies.
    private static func startDaemon(_ place: Workplace) async throws -> ProgramRun {
        let daemon = try place.start(
            "/usr/bin/prlimit", ["--core=unlimited", Program.bankrefreshd.path(), "run"],
            environment: ["BANKREFRESHD_CONFIG": place.config])
        let isReady = await daemon.errors.wait(for: " notice: Ready: ")
        try #require(isReady, "\(daemon.errors.text)")
        return daemon
    }

    @Test func `no token and no key is in anything that was written or sent, in any form`() async throws {
        try await Workplace.with(users: 24) { place in
            let port = try #require(URL(string: place.sandbox.baseURL)?.port)
            let capture = try LoopbackCapture(ports: [UInt16(port)])
            let added = "added-" + UUID().uuidString + UUID().uuidString
            let tokens = place.users.indices.map(place.token) + [added]
            try await place.importAll()
            let daemon = try await Self.startDaemon(place)
            let echo = FailureMessages(
                global: ["token \(tokens[0]) is not known"], fields: ["token": "\(tokens[0])!"])
            let behaviours: [Behaviour] = [.failure(echo), .status(500, .json), .unauthorized, .html200, .reset]
            for (user, behaviour) in zip(place.users, behaviours) {
                place.sandbox.set(behaviour: behaviour, forUser: user.id)
            }
            #expect(try await place.run("users", "add", "added", input: added).status == 0)
            var seen = Self.processes()
            _ = try await place.run("refresh", "--all")
            seen += Self.processes()
            let commands = [
                ["users", "list"], ["users", "list", "--json"], ["users", "show", "added", "--json"],
                ["status", "--json"], ["reload", "--json"], ["key", "rotate", "--json"], ["key", "status"],
                ["users", "remove", "user-000009"], ["plan", "--json"], ["key", "prune"], ["health", "--json"],
                ["config", "dump", "--json"], ["support", "bundle", "--with-users", place.directory + "/bundle.tar"],
            ]
            for command in commands {
                let run = try await place.start(command).result()
                #expect(run.status == 0, "\(command): \(run.errors)")
            }
            _ = try await place.run("users", "add", "bad", input: tokens[0] + " " + tokens[1])
            _ = try await place.run("users", "import", "-", input: "user_id,access_token\nbad,\(tokens[0]) x\n")
            for operation in [
                "status", "health", "list-users", "list-user-lines", "export-lines", "keys", "key-usage",
            ] {
                seen += try place.answer(to: operation)
            }
            for operation in ["show-user", "export-user", "history"] {
                seen += try place.answer(to: operation, with: #"{"user":"user-000001"}"#)
            }
            #expect(place.sandbox.calls.total >= 20)

            var written = Self.written(in: place)
            daemon.send(SIGKILL)
            _ = await daemon.ended()
            written.merge(Self.written(in: place)) { $0 + $1 }
            let second = try await Self.startDaemon(place)
            _ = try await place.run("refresh", "--all", "--force")
            second.send(SIGABRT)
            #expect(await second.ended() == -SIGABRT)
            written.merge(Self.written(in: place)) { $0 + $1 }
            #expect(written.keys.filter { $0.contains("/core") } == [])
            #expect(written.keys.contains { $0.hasSuffix("store.sqlite-wal") })

            written["processes and answers"] = seen
            written["packets"] = capture.bytes
            #expect(capture.bytes.count > 10_000)
            for (name, bytes) in written { #expect(Disguise.found(tokens, in: bytes) == [], "\(name)") }
            let keys = try String(contentsOfFile: place.key, encoding: .utf8).split(separator: "\n").map(String.init)
            let rawKeys = try keys.map { try #require(Data(base64Encoded: $0)) }
            for (name, bytes) in written where !name.hasPrefix(place.key) {
                #expect(Disguise.found(keys, in: bytes) == [], "\(name)")
                #expect(rawKeys.allSatisfy { bytes.range(of: $0) == nil }, "\(name)")
            }
            for (name, bytes) in Self.written(in: place) where name.contains("store.sqlite") {
                #expect(bytes.range(of: Data("user-000009".utf8)) == nil, "\(name)")
            }
        }
    }

    @Test(arguments: Disguise.allCases)
    func `the search finds a secret in a file and in a packet`(form: Disguise) async throws {
        try await Workplace.with(users: 1) { place in
            let capture = try LoopbackCapture(ports: [9])
            let secret = place.token(0)
            let planted = Data("before ".utf8) + form.bytes(of: secret) + Data(" after".utf8)
            try planted.write(to: URL(filePath: place.directory + "/planted"))
            let file = try #require(Self.written(in: place)[place.directory + "/planted"])
            #expect(Disguise.found([secret], in: file).contains(form))
            #expect(Disguise.found([place.token(0).uppercased() + "x"], in: file).isEmpty)

            let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            defer { close(descriptor) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            // The port that discards: whether somebody listens there is all one.
            address.sin_port = UInt16(9).bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let sent = planted.withUnsafeBytes { bytes in
                withUnsafePointer(to: &address) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        sendto(
                            descriptor, bytes.baseAddress, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size)
                        )
                    }
                }
            }
            #expect(sent == planted.count)
            // The thread that captures needs its turn.
            while !Disguise.found([secret], in: capture.bytes).contains(form) {
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }
}
