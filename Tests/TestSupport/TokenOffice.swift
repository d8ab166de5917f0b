package import RefreshCore
package import RefreshDaemon
import Synchronization

/// An upstream that issues, expires, rotates and revokes the tokens of `Fleet`, strictly: a new pair ends the old one at
/// once.
package final class TokenOffice: BankRefreshing, TokenRenewing {
    /// What comes of a request that would be granted.
    package enum Manner: Sendable {
        case grant
        /// The new pair is issued, but nobody hears of it.
        case loseAnswer
        case refuse
        case fail(Outcome)
    }

    package struct Request: Sendable, Equatable {
        package let user: Int
        package let kind: TokenGrant.Kind
        package let at: Timestamp
        package var isGranted = false
    }

    private struct Holder {
        var serial = 0
        var refreshSerial = 0
        var expiresAt: Timestamp
        var underWay = 0
    }

    private struct State {
        var holders: [Int: Holder] = [:]
        var requests: [Request] = []
        var refused = 0
        var refreshed: [Int: Int] = [:]
        var overlaps = 0
        var manner: @Sendable (Int, Int) -> Manner = { _, _ in .grant }
        var judgesClientCredentials = true
    }

    private let state = Mutex(State())
    private let time: any Timekeeping
    private let lifetime: Duration
    private let latency: Duration
    private let clockAhead: Duration

    /// `clockAhead` is how far the times in its answers are ahead of `time`.
    package init(
        time: any Timekeeping, lifetime: Duration, latency: Duration = .milliseconds(200), clockAhead: Duration = .zero
    ) {
        self.time = time
        self.lifetime = lifetime
        self.latency = latency
        self.clockAhead = clockAhead
    }

    /// The users of `Fleet`, each with a fresh pair.
    package func entries(_ count: Int, withRefreshTokens: Bool = true) throws -> [UserEntry] {
        try (0..<count).map { number in
            let expiresAt = time.now.advanced(by: lifetime)
            state.withLock { $0.holders[number] = Holder(expiresAt: expiresAt) }
            return UserEntry(
                id: try Fleet.id(number), token: try Self.token("access", number, 0), expiresAt: expiresAt,
                refreshToken: withRefreshTokens ? try Self.token("refresh", number, 0) : nil)
        }
    }

    /// Decides what comes of a request, by its user and its place in the log.
    package func answer(_ manner: @escaping @Sendable (_ user: Int, _ request: Int) -> Manner) {
        state.withLock { $0.manner = manner }
    }

    package func revokeAccess(of users: some Sequence<Int>) {
        state.withLock { state in for user in users { state.holders[user]?.serial += 1_000 } }
    }

    /// The pair that an operator would get by hand.
    package func issue(to user: Int) throws -> UserEntry {
        let (serial, expiresAt) = state.withLock {
            Self.issue(to: user, in: &$0, until: time.now.advanced(by: lifetime))
        }
        return UserEntry(
            id: try Fleet.id(user), token: try Self.token("access", user, serial), expiresAt: expiresAt,
            refreshToken: try Self.token("refresh", user, serial))
    }

    package var requests: [Request] { state.withLock { $0.requests } }
    /// Calls answered 401.
    package var refusedCalls: Int { state.withLock { $0.refused } }
    /// Calls answered with success, by user.
    package var refreshed: [Int: Int] { state.withLock { $0.refreshed } }
    /// Requests that began while another for the same user was under way.
    package var overlaps: Int { state.withLock { $0.overlaps } }

    package func refresh(_ token: AccessToken, beginBy: Duration?) async throws(CallNotBegun) -> RefreshAnswer {
        if let beginBy, time.uptime >= beginBy { throw CallNotBegun() }
        let text = Self.text(of: token)
        let now = time.now
        let isGood = state.withLock { state in
            guard let number = Self.number(in: text), let holder = state.holders[number],
                text == "access-\(number)-\(holder.serial)", now < holder.expiresAt
            else {
                state.refused += 1
                return false
            }
            state.refreshed[number, default: 0] += 1
            return true
        }
        do { try await time.sleep(for: latency) } catch {
            return RefreshAnswer(outcome: .unknown(.givenUp), httpStatus: nil)
        }
        return RefreshAnswer(outcome: isGood ? .refreshed : .unauthorized, httpStatus: isGood ? 200 : 401)
    }

    package func renew(_ grant: TokenGrant, beginBy: Duration?) async throws(CallNotBegun) -> RenewalAnswer {
        if let beginBy, time.uptime >= beginBy { throw CallNotBegun() }
        let now = time.now
        let text: String =
            switch grant {
            case .refreshToken(let token): Self.text(of: token)
            case .clientCredentials(let id): id.rawValue
            }
        guard let number = Self.number(in: text) else { return .refused(reason: "who is that?") }
        let index = state.withLock { state in
            if state.holders[number]?.underWay ?? 0 > 0 { state.overlaps += 1 }
            state.holders[number]?.underWay += 1
            state.requests.append(Request(user: number, kind: grant.kind, at: now))
            return state.requests.count - 1
        }
        // The request arrives after half of the time, and its answer after the other half.
        do { try await time.sleep(for: latency / 2) } catch {
            return end(number, .failed(.unknown(.givenUp)))
        }
        let expiresAt = time.now.advanced(by: lifetime)
        let (answer, serial) = state.withLock { state -> (Manner, Int) in
            let manner = state.manner(number, index)
            guard case .grant = manner.unlessLost else { return (manner, 0) }
            guard let holder = state.holders[number],
                grant.kind == .clientCredentials || text == "refresh-\(number)-\(holder.refreshSerial)"
            else { return (.refuse, 0) }
            state.requests[index].isGranted = true
            return (manner, Self.issue(to: number, in: &state, until: expiresAt).serial)
        }
        do { try await time.sleep(for: latency / 2) } catch {
            return end(number, .failed(.unknown(.givenUp)))
        }
        switch answer {
        case .refuse: return end(number, .refused(reason: "The grant is not valid."))
        case .fail(let outcome): return end(number, .failed(outcome))
        case .loseAnswer: return end(number, .failed(.unknown(.connectionLost)))
        case .grant:
            guard let access = try? Self.token("access", number, serial),
                let refresh = try? Self.token("refresh", number, serial)
            else { return end(number, .refused(reason: nil)) }
            return end(
                number,
                .renewed(
                    TokenPair(
                        access: access, refresh: refresh, issuedAt: time.now.advanced(by: clockAhead),
                        expiresAt: expiresAt.advanced(by: clockAhead))))
        }
    }

    private func end(_ number: Int, _ answer: RenewalAnswer) -> RenewalAnswer {
        state.withLock { $0.holders[number]?.underWay -= 1 }
        return answer
    }

    private static func issue(
        to number: Int, in state: inout State, until expiresAt: Timestamp
    ) -> (serial: Int, expiresAt: Timestamp) {
        var holder = state.holders[number] ?? Holder(expiresAt: expiresAt)
        holder.serial = max(holder.serial, holder.refreshSerial) + 1
        holder.refreshSerial = holder.serial
        holder.expiresAt = expiresAt
        state.holders[number] = holder
        return (holder.serial, expiresAt)
    }

    private static func token(_ kind: String, _ number: Int, _ serial: Int) throws -> AccessToken {
        try AccessToken("\(kind)-\(number)-\(serial)".utf8)
    }

    private static func text(of token: AccessToken) -> String {
        token.secret.withBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// Of `access-7-1`, `refresh-7-1` and `user-7`: 7.
    private static func number(in text: String) -> Int? {
        let parts = text.split(separator: "-")
        return parts.count >= 2 ? Int(parts[1]) : nil
    }
}

extension TokenOffice.Manner {
    fileprivate var unlessLost: TokenOffice.Manner {
        if case .loseAnswer = self { .grant } else { self }
    }
}
