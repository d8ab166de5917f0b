import RefreshCore
import Synchronization

/// Exchanges a leased user's token for a new one; the lease makes this the only daemon that does.
///
/// The new pair is in the store before it is used, and the old one stays there until then. An answer that is lost on
/// its way may have cost the refresh token; the client credentials then bring a new one.
package final class Renewer: Sendable {
    private let tight: any TokenRenewing
    private let vault: any TokenSealing
    private let store: any UserStore
    let gate: RenewalGate
    private let settings: LiveSettings
    private let time: any Timekeeping
    private let events: any EventReporting
    private let tokensAtRisk: TokensAtRisk
    private let random: Mutex<SplitMix64>

    init(
        tight: any TokenRenewing, vault: any TokenSealing, store: any UserStore, gate: RenewalGate,
        tokensAtRisk: TokensAtRisk, context: WorkContext, seed: UInt64
    ) {
        self.tight = tight
        self.vault = vault
        self.store = store
        self.gate = gate
        self.tokensAtRisk = tokensAtRisk
        settings = context.settings
        time = context.time
        events = context.events
        random = Mutex(SplitMix64(seed: seed))
    }

    enum Result {
        /// The user with its new token.
        case fresh(LeasedUser)
        /// The user with a token that was stored meanwhile; the renewal may have invalidated that token.
        case replaced(LeasedUser)
        /// Tight refused every grant.
        case refused(LeasedUser)
        /// A temporary failure; the user as it is stored at that point.
        case failed(LeasedUser, Outcome)
        /// The lease is gone: another holder settles this user.
        case leaseLost
    }

    /// Whether anything can be renewed at present.
    var isOn: Bool { settings.value.renewsTokens }

    /// Throws if nothing was asked for lack of time: `beginBy` is that of `TokenRenewing`.
    func renew(
        _ leased: LeasedUser, isByHand: Bool = false, beginBy: Duration?
    ) async throws(CallNotBegun) -> Result {
        var refused: String?
        var wasAsked = false
        for grant in grants(of: leased) {
            let answer: RenewalAnswer?
            let asked = time.now
            do throws(CallNotBegun) {
                answer = try await gate.pass(for: leased.user.place, isByHand: isByHand) {
                    () async throws(CallNotBegun) -> RenewalAnswer in
                    try await tight.renew(grant, beginBy: beginBy)
                }
            } catch {
                // Once anything was asked, the next renewal waits as after any that failed.
                guard wasAsked else { throw error }
                return await note(.unavailable(.tokenNotRenewed(reason: "no time was left to ask again")), of: leased)
            }
            wasAsked = true
            switch answer {
            case .renewed(let pair)?:
                return await keep(pair.plausible(asked: asked), by: grant.kind, for: leased)
            case .refused(let reason)?:
                refused = reason ?? refused
            case .failed(let outcome)?:
                return await note(outcome, of: leased)
            case nil:
                return await note(.unavailable(.tokenNotRenewed(reason: gate.whySuspended)), of: leased)
            }
        }
        return await write(RenewalPlan.afterRefusal(of: leased.user), of: leased) { [events] stored in
            if leased.user.renewal.due != nil { events.report(.renewalRefused(stored.user, reason: refused)) }
            return .refused(stored)
        }
    }

    /// Postpones a renewal that makes no sense yet; returns false if it does.
    func postpone(_ leased: LeasedUser) async -> Bool {
        guard let renewal = RenewalPlan.postponement(of: leased.user, now: time.now) else { return false }
        _ = await write(renewal, of: leased) { .failed($0, .refreshed) }
        return true
    }

    /// The refresh token first, as it is the user's own; one that cannot be opened is left out.
    ///
    /// A refresh token from a backup comes last: a server that sees it used twice may revoke valid tokens.
    private func grants(of leased: LeasedUser) -> [TokenGrant] {
        let id = leased.user.id
        let refreshToken = leased.refreshToken.flatMap { try? vault.open($0, as: .refresh, for: id) }
        let grants = [refreshToken.map(TokenGrant.refreshToken), .clientCredentials(id)].compactMap { $0 }
        return tokensAtRisk.restoration(of: leased.user) == nil ? grants : grants.reversed()
    }

    private func keep(_ pair: TokenPair, by kind: TokenGrant.Kind, for leased: LeasedUser) async -> Result {
        let id = leased.user.id
        let sealed: RenewalRecord.SealedPair
        do {
            sealed = RenewalRecord.SealedPair(
                access: try vault.seal(pair.access, as: .access, for: id),
                refresh: try pair.refresh.map { try vault.seal($0, as: .refresh, for: id) },
                expiresAt: pair.expiresAt)
        } catch {
            return await note(.misconfigured(.keyMissing), of: leased)
        }
        let planned = RenewalPlan.planned(leased.user, issuedAt: pair.issuedAt, expiresAt: pair.expiresAt)
        let record = RenewalRecord(
            lease: leased.lease, tokenVersion: leased.user.tokenVersion, tokens: sealed, renewal: planned.renewal)
        switch await write(record) {
        case .written(let stored)?:
            events.report(.tokenRenewed(stored.user, by: kind))
            return .fresh(stored)
        case .superseded(let stored)?: return .replaced(stored)
        case .refused?, nil: return .leaseLost
        }
    }

    private func note(_ outcome: Outcome, of leased: LeasedUser) async -> Result {
        let policy = settings.value.policies.policy(for: leased.user)
        let now = time.now
        let renewal = random.withLock {
            RenewalPlan.afterFailure(outcome, of: leased.user, now: now, policy: policy, using: &$0)
        }
        return await write(renewal, of: leased) { .failed($0, outcome) }
    }

    private func write(
        _ renewal: User.Renewal, of leased: LeasedUser, _ result: (LeasedUser) -> Result
    ) async -> Result {
        let record = RenewalRecord(
            lease: leased.lease, tokenVersion: leased.user.tokenVersion, tokens: nil, renewal: renewal)
        // A renewal plan that is not written only means an earlier retry.
        switch try? await store.write(record) {
        case .written(let stored): return result(stored)
        case .superseded(let stored): return .replaced(stored)
        case .refused: return .leaseLost
        case nil: return result(leased)
        }
    }

    /// Retries until the store accepts the record: a token dropped here may be the only valid one.
    ///
    /// Nil when the daemon was stopped first.
    private func write(_ record: RenewalRecord) async -> RenewalWriting? {
        let pauses = Backoff(first: .seconds(1), ceiling: .seconds(30), jitter: .upperHalf)
        var failures = 0
        while true {
            // The scheduler and the settlements report that the store fails.
            if let writing = try? await store.write(record) { return writing }
            failures += 1
            do { try await time.sleep(for: pauses.delay(failures)) } catch { return nil }
        }
    }
}
