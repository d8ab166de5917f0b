import RefreshCore
import Testing

/// What is said of a connection that could not be made.
struct TroubleTextTests {
    private static let moment = Timestamp(rfc3339: "2026-11-22T12:00:00Z") ?? .epoch
    private static let long = String(repeating: "n", count: 40)

    private static let remedies: [(Outcome, String)] = [
        (.misconfigured(.certificate(.expired(moment, of: .server))), "renew"),
        (.misconfigured(.certificate(.expired(moment, of: .issuer))), "timedatectl"),
        (.misconfigured(.certificate(.notYetValid(moment, of: .server))), "timedatectl"),
        (.misconfigured(.certificate(.notYetValid(moment, of: .issuer))), "clock"),
        (.misconfigured(.certificate(.wrongHost("a.example", names: ["b.example"]))), "b.example"),
        (.misconfigured(.certificate(.wrongHost("a.example", names: []))), "api.baseURL"),
        (.misconfigured(.certificate(.issuerUnknown(long))), "api.caFile"),
        (.misconfigured(.certificate(.selfSigned)), "api.caFile"),
        (.misconfigured(.certificate(.intermediateMissing(issuer: long))), "intermediate"),
        (.misconfigured(.certificate(.wrongPurpose)), "replace"),
        (.misconfigured(.certificate(.refused)), "api.caFile"),
        (.misconfigured(.clientCertificateRequired), "api.baseURL"),
        (.misconfigured(.handshake(.protocolVersion)), "operator"),
        (.misconfigured(.handshake(.noSharedParameters)), "operator"),
        (.misconfigured(.handshake(.unknownName)), "api.baseURL"),
        (.misconfigured(.handshake(.notTLS)), "port"),
        (.misconfigured(.proxy(.forbidden(port: 8_443))), "8443"),
        (.misconfigured(.proxy(.credentialsMissing)), "set api.proxyCredentials"),
        (.misconfigured(.proxy(.credentialsRefused)), "api.proxyCredentials"),
        (.misconfigured(.proxy(.notAProxy(status: 200))), "CONNECT with 200"),
        (.misconfigured(.proxy(.notAProxy(status: nil))), "not in HTTP"),
        (.unavailable(.proxy(.nameNotResolved)), "api.proxy"),
        (.unavailable(.proxy(.notReached)), "api.proxy"),
        (.unavailable(.proxy(.noAnswer)), "check the proxy"),
        (.unavailable(.proxy(.targetNotReached(status: 503))), "the API may be down"),
        (.unavailable(.proxy(.busy(status: 429))), "check the proxy"),
        (.malformed(Malformation(.notHTTP, bytes: 0, contentType: nil)), "the answer is not HTTP"),
    ]

    @Test(arguments: remedies) func `names the trouble and its remedy`(outcome: Outcome, remedy: String) throws {
        let reason = try #require(outcome.reason)
        #expect(reason.contains(remedy))
        // What the history and the store keep of it.
        #expect(reason.count <= AttemptRecord.reasonLimit)
        #expect(reason == reason.sanitized(limit: .max))
    }

    @Test func `no two troubles sound the same`() {
        let reasons = Self.remedies.compactMap(\.0.reason)
        #expect(Set(reasons).count == reasons.count)
    }

    @Test func `a certificate's many names are cut`() {
        let names = (1...5).map { "\($0).example" }
        #expect(
            CertificateProblem.wrongHost("a.example", names: names).text
                == "the server's certificate is for 1.example, 2.example, 3.example, 4.example and others, "
                + "not for a.example: check api.baseURL, and where the name leads")
    }
}
