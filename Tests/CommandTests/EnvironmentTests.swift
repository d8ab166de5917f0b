import Foundation
import GRDB
import Glibc
import Testing
import TightSandbox

/// Whom tokens are sent to.
@Suite(.timeLimit(.minutes(1)))
struct EnvironmentTests {
    @Test func `a store refuses any address but the one its tokens belong to, until told that it is meant`()
        async throws
    {
        try await Workplace.with { place in
            try await place.importAll()
            let own = place.sandbox.baseURL
            let other = own.replacing("/rest", with: "/other")
            try #require(own != other)
            try place.configure(["api": ["baseURL": other]])
            let before = try Data(contentsOf: URL(filePath: place.store))
            for command in [["run"], ["users", "list"], ["users", "add", "eve"], ["users", "import", "-"]] {
                let input = command.contains("add") ? place.token(0) : place.csv
                let refused = try await place.start(command, input: Data(input.utf8)).result()
                #expect(refused.status == 78, "\(command)")
                #expect(refused.errors.contains(own) && refused.errors.contains("bankrefreshd store adopt \(other)"))
            }
            #expect(place.sandbox.calls.total == 0)
            #expect(try Data(contentsOf: URL(filePath: place.store)) == before)

            let wrong = try await place.run("store", "adopt", own)
            #expect(wrong.status == 78)
            let adopted = try await place.run("store", "adopt", other)
            #expect(adopted.status == 0 && adopted.output.contains("3 users"), "\(adopted.errors)")
            #expect(try await place.run("users", "list").status == 0)
            try place.configure()
            #expect(try await place.run("users", "list").status == 78)
        }
    }

    @Test func `sandbox and production cannot be mixed up`() async throws {
        try await Workplace.with { place in
            func configure(_ environment: String) throws {
                let text = """
                    {"api": {"environment": "\(environment)"}, "store": {"sqlite": {"path": "\(place.store)"},
                    "key": {"file": "\(place.key)"}}, "control": {"socket": "\(place.socket)"}}
                    """
                try text.write(toFile: place.config, atomically: false, encoding: .utf8)
            }
            try configure("sandbox")
            try await place.importAll()
            try configure("production")
            let refused = try await place.run("users", "import", "-", input: place.csv)
            #expect(refused.status == 78)
            #expect(refused.errors.contains("belong to https://sandbox."))
        }
    }

    @Test func `a store of an earlier version takes on the address of its next start`() async throws {
        try await Workplace.with { place in
            try await place.importAll()
            let queue = try DatabaseQueue(path: place.store)
            try await queue.write { db in try db.execute(sql: "DELETE FROM meta WHERE key = 'environment'") }
            try queue.close()
            let other = ["api": ["baseURL": place.sandbox.baseURL.replacing("/rest", with: "/other")]]
            // Looking is no start.
            #expect(try await place.run("users", "list").status == 0)
            try place.configure(other)
            #expect(try await place.run("users", "list").status == 0)
            try place.configure()
            let daemon = try await place.startDaemon()
            daemon.send(SIGTERM)
            _ = await daemon.result()
            try place.configure(other)
            #expect(try await place.run("users", "list").status == 78)
        }
    }

    @Test func `a store without users belongs to no address, whoever looked at it or worked with it`() async throws {
        try await Workplace.with { place in
            let addresses = ["/first", "/second", "/third"].map { place.sandbox.baseURL.replacing("/rest", with: $0) }
            for address in addresses {
                try place.configure(["api": ["baseURL": address]])
                let daemon = try await place.startDaemon()
                daemon.send(SIGTERM)
                #expect(await daemon.ended() == 0)
                for command in [["status"], ["users", "list"], ["users", "export", "--all"], ["key", "status"]] {
                    let result = try await place.start(command).result()
                    #expect(result.status == 0, "\(command): \(result.errors)")
                }
            }
            // Nor does one whose last user was removed.
            let added = try await place.run("users", "add", "alice", input: place.token(0))
            #expect(added.status == 0)
            try place.configure()
            #expect(try await place.run("users", "list").status == 78)
            try place.configure(["api": ["baseURL": addresses[2]]])
            #expect(try await place.run("users", "remove", "alice").status == 0)
            try place.configure()
            try await place.importAll()
            try place.configure(["api": ["baseURL": addresses[2]]])
            let refused = try await place.run("users", "list")
            #expect(refused.status == 78 && refused.errors.contains(place.sandbox.baseURL))
        }
    }

    @Test func `no proxy of the environment ever hears of a call`() async throws {
        try await Workplace.with { place in
            try await place.importAll()
            // Whoever connects would be noticed: nobody answers there, and the call would fail.
            let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            defer { close(listener) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let port = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer -> UInt16? in
                    guard bind(listener, pointer, length) == 0, listen(listener, 8) == 0 else { return nil }
                    return getsockname(listener, pointer, &length) == 0 ? 0 : nil
                }
            }.map { _ in UInt16(bigEndian: address.sin_port) }
            let proxy = "http://127.0.0.1:\(try #require(port))"
            var environment: [String: String] = [:]
            for name in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
                environment[name] = proxy
            }
            _ = try await place.startDaemon(environment: environment)
            let refreshed = try await place.run(
                "refresh", "--all",
                environment: environment.merging(["BANKREFRESHD_CONFIG": place.config]) { a, _ in a })
            #expect(refreshed.status == 0, "\(refreshed.output)\(refreshed.errors)")
            #expect(place.sandbox.calls.total == 3)
            var waiting = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
            #expect(poll(&waiting, 1, 0) == 0)
        }
    }
}
