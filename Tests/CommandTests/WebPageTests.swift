import Foundation
import Glibc
import TestSupport
import Testing

/// The page as the daemon serves it.
@Suite(.timeLimit(.minutes(1)))
struct WebPageTests {
    private func curl(_ place: Workplace, _ url: String) async throws -> Workplace.Result {
        try await place.start(
            "/usr/bin/curl", ["-s", "-i", "--max-time", "20", "--retry", "3", "--retry-connrefused", url],
            environment: [:]
        ).result()
    }

    @Test func `the daemon tells how it does over HTTP, and what it did`() async throws {
        try await Workplace.with { place in
            let port = try LoopbackPort.free()
            try place.configure(["web": ["listen": "127.0.0.1:\(port)", "title": "Testbed"]])
            try await place.importAll()
            let daemon = try await place.startDaemon()
            #expect(daemon.errors.text.contains("info: The page is at http://127.0.0.1:\(port)/\n"))
            #expect(try await place.run("refresh", "user-000001").status == 0)
            let metrics = try await curl(place, "http://127.0.0.1:\(port)/metrics").output
            #expect(metrics.contains("bankrefreshd_attempts_total{outcome=\"refreshed\"} 1\n"))
            #expect(metrics.contains("bankrefreshd_users{state=\"scheduled\"} 3\n"))
            #expect(metrics.contains("bankrefreshd_store_transaction_seconds_count{operation=\"settle\"} 1\n"))
            #expect(metrics.contains("process_resident_memory_bytes "))
            #expect(try await curl(place, "http://127.0.0.1:\(port)/readyz").output.hasPrefix("HTTP/1.1 200 "))
            #expect(try await curl(place, "http://127.0.0.1:\(port)/").output.contains("<h1>Testbed</h1>"))
            daemon.send(SIGTERM)
            #expect(await daemon.result().status == 0)
        }
    }

    @Test func `an address that is taken ends the start, as a matter of configuration`() async throws {
        try await Workplace.with { place in
            let (descriptor, port) = try LoopbackPort.taken()
            defer { close(descriptor) }
            try place.configure(["web": ["listen": "127.0.0.1:\(port)"]])
            let ended = try await place.run("run")
            #expect(ended.status == 78)
            #expect(ended.errors.contains("web.listen: another program listens on 127.0.0.1:\(port) already"))
            #expect(ended.errors.contains("ss -ltnp"))
        }
    }

    @Test func `an address that the machine does not have yet ends the start, which is tried again`() async throws {
        try await Workplace.with { place in
            // Of a range for documents (RFC 5737).
            try place.configure(["web": ["listen": "192.0.2.7:9477"]])
            let ended = try await place.run("run")
            #expect(ended.status == 75, "\(ended.errors)")
            #expect(ended.errors.contains("web.listen: this machine has no address 192.0.2.7"))
            #expect(ended.errors.contains("the start is tried again"))
        }
    }

    @Test func `an address that others can reach is warned of`() async throws {
        try await Workplace.with { place in
            try place.configure(["web": ["listen": "0.0.0.0:9477"]])
            let checked = try await place.run("check-config")
            #expect(checked.status == 0)
            #expect(checked.errors.hasPrefix("note: web.listen is 0.0.0.0:9477: other machines can see the status"))
            try place.configure(["web": ["listen": "[::1]:9477"]])
            #expect(try await place.run("check-config").errors.isEmpty)
            try place.configure(["web": ["listen": "fleet.example:9477"]])
            #expect(try await place.run("check-config").status == 78)
        }
    }
}
