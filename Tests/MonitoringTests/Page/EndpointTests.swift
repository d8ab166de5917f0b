import Foundation
import RefreshCore
import TestSupport
import Testing

@testable import Monitoring

@Suite(.timeLimit(.minutes(1)))
struct EndpointTests {
    @Test(arguments: [
        "/", "/api/overview", "/metrics", "/healthz", "/readyz", "/robots.txt", "/nothing", "/../etc/passwd",
    ])
    func `every answer is guarded, and cut for HEAD`(path: String) async throws {
        try await withPage(.well) { port in
            let got = try await Connection.get(path, port: port)
            #expect(got.status == (["/nothing", "/../etc/passwd"].contains(path) ? 404 : 200))
            let policy = try #require(got.header("Content-Security-Policy"))
            for part in ["default-src 'none'", "script-src 'sha256-", "style-src 'sha256-", "frame-ancestors 'none'"] {
                #expect(policy.contains(part))
            }
            #expect(!policy.contains("unsafe"))
            #expect(got.header("X-Content-Type-Options") == "nosniff")
            #expect(got.header("Referrer-Policy") == "no-referrer")
            #expect(got.header("Cache-Control") == "no-store")
            #expect(got.header("Date") == "Fri, 15 Jan 2027 12:50:00 GMT")
            let head = try await Connection.get(path, port: port, method: "HEAD")
            #expect(head.status == got.status)
            #expect(head.body.isEmpty)
        }
    }

    @Test func `metrics are those of the text format`() async throws {
        try await withPage(.well) { port in
            let answer = try await Connection.get("/metrics", port: port)
            #expect(answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
            #expect(answer.body.contains("bankrefreshd_users{state=\"parked\"} 2\n"))
        }
    }

    @Test(arguments: Scene.allCases) func `no user is named, and nothing is loaded from elsewhere`(scene: Scene)
        async throws
    {
        try await withPage(scene) { port in
            for path in ["/", "/api/overview", "/metrics"] {
                let body = try await Connection.get(path, port: port).body
                #expect(!body.contains(UserID.sample.rawValue))
            }
            let page = try await Connection.get("/", port: port).body
            let links = page.matches(of: /(?:src|href)="([^"]*)"/).map { String($0.output.1) }
            #expect(links.allSatisfy { $0.hasPrefix("data:") || ["metrics", "healthz", "api/overview"].contains($0) })
        }
    }

    @Test func `the overview is JSON with what the page says`() async throws {
        try await withPage(.outage) { port in
            let body = try await Connection.get("/api/overview", port: port).body
            let json = try #require(try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
            let health = try #require(json["health"] as? [String: Any])
            #expect(health["level"] as? String == "trouble")
            #expect(health["headline"] as? String == "Tight is not well: no calls are made until 12:56 UTC")
            #expect(json["breaker"] as? String == "open")
            #expect(json["overdue"] as? Int == 1_840)
            #expect((json["curve"] as? [[String: Any]])?.count == 113)
            let fragments = try #require(json["fragments"] as? [String: String])
            let page = try await Connection.get("/", port: port).body
            for (id, html) in fragments {
                #expect(page.contains("id=\"\(id)\""))
                #expect(html.isEmpty || page.contains(html))
            }
        }
    }

    @Test func `a title is text, whatever is in it`() {
        let html = PageDocument.html(Scene.parked.overview)
        #expect(html.contains("Platform Europe &lt;b&gt;&amp;"))
        #expect(!html.contains("Europe <b>"))
    }

    @Test func `a store that takes no writes is told by both health checks, and makes the daemon unready`() async throws
    {
        let words = "The store does not work: the disk that holds /var/lib/bankrefreshd/store.sqlite is full"
        try await withPage(.storeFull) { port in
            for (path, status) in [("/healthz", 200), ("/readyz", 503)] {
                let answer = try await Connection.get(path, port: port)
                #expect(answer.status == status)
                #expect(answer.body == "The scheduler works. \(words); no calls are made until it does.\n")
            }
        }
    }

    @Test(arguments: [Scene.outage, .paused]) func `what passes by itself, or was asked for, is no matter of health`(
        scene: Scene
    ) async throws {
        try await withPage(scene) { port in
            for path in ["/healthz", "/readyz"] {
                let answer = try await Connection.get(path, port: port)
                #expect(answer.status == 200)
            }
        }
    }

    @Test func `a scheduler that stands still is told in words, with 503`() async throws {
        try await withPage(.storeDown) { port in
            let answer = try await Connection.get("/healthz", port: port)
            #expect(answer.status == 503)
            #expect(answer.body.contains("has not completed a pass for 7 min"))
            #expect(try await Connection.get("/readyz", port: port).status == 503)
        }
    }

    @Test func `an address that is taken is told as such`() async throws {
        let (descriptor, port) = try LoopbackPort.taken()
        defer { close(descriptor) }
        let address = ListenAddress(host: "127.0.0.1", port: port, isLoopback: true)
        let watch = WebWatch(
            observe: { Scene.well.fleet }, snapshot: { Scene.well.fleet }, tallies: { Tallies() }, process: { nil },
            title: nil, version: "1")
        let server = WebServer(address: address, watch: watch, time: ManualTime(now: Scene.now)) { _ in }
        await #expect(throws: WebProblem.taken(address)) { try await server.run() }
        await #expect(throws: WebProblem.taken(address)) { try await server.listening() }
    }
}
