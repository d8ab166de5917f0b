import RefreshCore
import Synchronization
import TestSupport

extension ScenarioRun {
    /// Has the bank answer as the weather and the user's own fate decide, and note who called.
    func answerCalls() {
        let scenario = scenario
        let testimony = testimony
        let time = time
        var poison: [UserID: Poison] = [:]
        for (number, kind) in scenario.poison { poison[Self.userID(number)] = kind }
        let poisoned = poison
        bank.answer { token, _, index in
            let key = AccessTokenKey(token)
            let uptime = time.uptime
            let (user, isRevoked) = testimony.note { facts, mark -> (UserID?, Bool) in
                guard let owner = facts.owners[key] else { return (nil, false) }
                facts.calls.append(
                    Testimony.CallNote(
                        user: owner.user, life: facts.life ?? -1, began: mark, lease: facts.leases[owner.user],
                        tokenVersion: owner.version))
                return (owner.user, facts.revoked.contains(key))
            }
            var random = SplitMix64(seed: scenario.seed &* 0x9e37_79b9 &+ UInt64(index))
            let answer = scenario.weather.answer(at: uptime, using: &random)
            // Nobody gets as far as the user's own trouble while nothing gets through.
            if case .outage = scenario.weather.phase(at: uptime)?.kind { return answer }
            if isRevoked { return (.unauthorized, .milliseconds(80)) }
            return user.flatMap { poisoned[$0] }?.answer ?? answer
        }
    }

    static func userID(_ number: Int) -> UserID {
        do { return try Fleet.id(number) } catch { preconditionFailure("\(error)") }
    }
}

/// Users with a change of theirs under way.
final class BusyUsers: Sendable {
    private let state = Mutex<Set<Int>>([])

    /// False when there is a change under way already.
    func enter(_ user: Int) -> Bool { state.withLock { $0.insert(user).inserted } }
    func leave(_ user: Int) { state.withLock { _ = $0.remove(user) } }
    func forget() { state.withLock { $0 = [] } }
}
