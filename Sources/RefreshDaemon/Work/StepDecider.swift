import RefreshCore
import Synchronization

/// Decides what becomes of a user after an attempt.
///
/// It follows the rules in force, what is known of other users, and what the store was restored from.
final class StepDecider: Sendable {
    let refusals: RefusalWatch
    private let settings: LiveSettings
    private let tokensAtRisk: TokensAtRisk
    private let random: Mutex<SplitMix64>

    init(refusals: RefusalWatch, tokensAtRisk: TokensAtRisk, settings: LiveSettings, seed: UInt64) {
        self.refusals = refusals
        self.settings = settings
        self.tokensAtRisk = tokensAtRisk
        random = Mutex(SplitMix64(seed: seed))
    }

    func policy(for user: User) -> UserPolicy { settings.value.policies.policy(for: user) }

    /// Whether the user would be parked for a refusal if refusals are rare; almost always false.
    @inline(never)
    func isConclusive(_ attempt: Attempt, of leased: LeasedUser) -> Bool {
        guard case .refused = attempt.outcome else { return false }
        return NextStep.isConclusive(attempt, of: leased.user, under: policy(for: leased.user))
    }

    /// The user as it stands after an attempt that was made with the token of version `tokenVersion`.
    func next(after attempt: Attempt, of user: User, tokenVersion: Int64, areRefusalsRare: Bool) -> User {
        let wasSuperseded = user.tokenVersion != tokenVersion
        if wasSuperseded, attempt.outcome == .unauthorized || attempt.outcome == .forbidden {
            return NextStep.noting(attempt, of: user)
        }
        let policy = policy(for: user)
        // The user has not been refused with its new token yet.
        let areRefusalsRare = areRefusalsRare && !wasSuperseded
        let next = random.withLock {
            NextStep.after(attempt, of: user, under: policy, areRefusalsRare: areRefusalsRare, using: &$0)
        }
        return tokensAtRisk.explaining(next)
    }
}
