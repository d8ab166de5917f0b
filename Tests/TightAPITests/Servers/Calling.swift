import RefreshCore
import Testing
import TightAPI

/// A token that no other test has.
func randomToken() throws -> AccessToken {
    try AccessToken((0..<40).map { _ in "0123456789abcdef".utf8.randomElement() ?? 0x30 })
}

/// Settings for a server on this machine that a test's timeouts do not slow down.
func localSettings(port: Int, scheme: String = "http", path: String = "/rest") throws -> TightClientSettings {
    var settings = TightClientSettings(
        endpoint: try Endpoint("\(scheme)://localhost:\(port)\(path)"),
        version: "1.2.3"
    )
    settings.timeout = .seconds(20)
    return settings
}

/// Lends a client to `body` and shuts it down.
func withClient<Result>(
    _ settings: TightClientSettings,
    credentials: ClientCredentials? = nil,
    now: Timestamp = .epoch,
    _ body: (TightClient) async throws -> Result
) async throws -> Result {
    let client = try TightClient(settings: settings, credentials: credentials) { now }
    do {
        let result = try await body(client)
        await client.shutdown()
        return result
    } catch {
        await client.shutdown()
        throw error
    }
}

extension RefreshAnswer {
    /// The answer without the number of the connection that was lost, which is another one in each run.
    var withoutConnection: RefreshAnswer { RefreshAnswer(outcome: outcome, httpStatus: httpStatus) }
}

extension TightClient {
    /// A call that may begin at any time.
    func refresh(_ token: AccessToken) async -> RefreshAnswer {
        do { return try await refresh(token, beginBy: nil) } catch {
            Issue.record("a call without a moment to begin by was not begun")
            return RefreshAnswer(outcome: .unavailable(.notConnected), httpStatus: nil)
        }
    }

    /// A renewal that may begin at any time.
    func renew(_ grant: TokenGrant) async -> RenewalAnswer {
        do { return try await renew(grant, beginBy: nil) } catch {
            Issue.record("a renewal without a moment to begin by was not begun")
            return .failed(.unavailable(.notConnected))
        }
    }
}

/// One call with a client of its own.
func call(_ settings: TightClientSettings, token: AccessToken? = nil, now: Timestamp = .epoch) async throws
    -> RefreshAnswer
{
    let token = try token ?? randomToken()
    return try await withClient(settings, now: now) { await $0.refresh(token) }
}
