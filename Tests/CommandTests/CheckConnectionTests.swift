import Foundation
import Glibc
import TestSupport
import Testing
import TightSandbox

@Suite(.timeLimit(.minutes(1)))
struct CheckConnectionTests {
    @Test func `every hop is a line, and the last is an answer that no user pays for`() async throws {
        try await Workplace.with { place in
            let checked = try await place.run("check-config", "--connect")
            #expect(checked.status == 0, "\(checked.output)\(checked.errors)")
            let lines = checked.output.split(separator: "\n").filter { $0.hasPrefix("  ") }.suffix(5)
            for (line, place) in zip(lines, ["name", "address", "TLS", "protocol", "request"]) {
                #expect(line.contains(try Regex("^  \(place) +(ok|note) +")), "\(line)")
            }
            #expect(lines.last?.contains("answered 401") == true)
            #expect(checked.errors.contains("note: checked from here, as "))
            #expect(checked.errors.contains("PrivateNetwork="))
            #expect(place.sandbox.calls.total == 0)
            #expect(place.sandbox.calls.unknownTokens == 1)

            let json = try await place.run("check-config", "--connect", "--json")
            #expect(json.status == 0)
            let hops = json.object["hops"] as? [[String: String]] ?? []
            #expect(hops.map { $0["hop"] } == ["name", "address", "TLS", "protocol", "request"])
            #expect(hops.last?["state"] == "good")
            #expect(hops.last?["subject"] == "POST \(place.sandbox.baseURL)/v5/banks/refresh")
            let plain = try await place.run("check-config", "--json")
            #expect(plain.object["hops"] == nil)
        }
    }

    @Test func `what has to be mended is 78, what time may mend is 69`() async throws {
        try await Workplace.with { place in
            try place.configure(["api": ["caFile": NSNull()]])
            let untrusted = try await place.run("check-config", "--connect")
            #expect(untrusted.status == 78)
            #expect(
                untrusted.output.contains(/\n  TLS +FAILED +\S+: the server's certificate was issued by .*api.caFile/))
            #expect(!untrusted.output.contains("\n  request"))

            let port = try LoopbackPort.free()
            try place.configure(["api": ["baseURL": "https://127.0.0.1:\(port)/rest"]])
            let closed = try await place.run("check-config", "--connect")
            #expect(closed.status == 69)
            #expect(
                closed.output.contains(
                    "  address   FAILED  127.0.0.1:\(port): no connection could be made (connection refused)\n"))
            #expect(closed.output.hasPrefix("\(place.config) is good"))

            try place.configure(["api": ["baseURL": place.sandbox.baseURL + "/elsewhere"]])
            let elsewhere = try await place.run("check-config", "--connect")
            #expect(elsewhere.status == 78)
            #expect(elsewhere.output.contains("answered 404"))
            #expect(elsewhere.output.contains("is api.baseURL right?"))

            try place.configure(["api": ["proxy": "http://127.0.0.1:\(port)"]])
            let proxy = try await place.run("check-config", "--connect")
            #expect(proxy.status == 69)
            #expect(proxy.output.contains("FAILED  127.0.0.1:\(port): no connection to the proxy could be made"))
        }
    }

    @Test func `the proxy's credentials are read, and never told`() async throws {
        try await Workplace.with { place in
            let secret = place.directory + "/proxy-credentials"
            try Data("us:not-told\n".utf8).write(to: URL(filePath: secret))
            chmod(secret, 0o600)
            let port = try LoopbackPort.free()
            let api: [String: Any] = [
                "proxy": "http://127.0.0.1:\(port)", "proxyCredentials": ["file": secret],
            ]
            try place.configure(["api": api])
            let good = try await place.run("check-config", "--connect")
            #expect(good.status == 69)
            #expect(!(good.output + good.errors).contains("not-told"))

            try Data("not-told\n".utf8).write(to: URL(filePath: secret))
            let malformed = try await place.run("check-config", "--connect")
            #expect(malformed.status == 78)
            #expect(malformed.errors.contains("api.proxyCredentials: the secret is not of the form user:password"))
            #expect(!(malformed.output + malformed.errors).contains("not-told"))

            chmod(secret, 0o644)
            let open = try await place.run("check-config")
            #expect(open.status == 78)
            #expect(open.errors.contains("api.proxyCredentials: "))
            #expect(open.errors.contains("chmod 600 \(secret)"))
        }
    }
}
