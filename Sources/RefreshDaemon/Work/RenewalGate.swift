package import RefreshCore
import Synchronization

/// The one gate that every request for a new token passes; reports when it closes or opens.
package final class RenewalGate: Sendable {
    private struct State {
        var admission: RenewalAdmission
        var random: SplitMix64
    }

    private let state: Mutex<State>
    private let settings: LiveSettings
    private let time: any Timekeeping
    private let events: any EventReporting

    package init(settings: LiveSettings, time: any Timekeeping, events: any EventReporting, seed: UInt64) {
        let policy = settings.value.admission.breaker
        state = Mutex(State(admission: RenewalAdmission(policy: policy), random: SplitMix64(seed: seed)))
        self.settings = settings
        self.time = time
        self.events = events
    }

    /// Runs one renewal of the user at `place`; returns nil, without running it, while renewals are suspended.
    ///
    /// The answer is judged for the user: only if Tight refuses all users is the configuration wrong. A renewal that
    /// was not begun says nothing, and its error is thrown.
    func pass(
        for place: Place, isByHand: Bool, _ renew: () async throws(CallNotBegun) -> RenewalAnswer
    ) async throws(CallNotBegun) -> RenewalAnswer? {
        let began = time.now
        let policy = settings.value.admission.breaker
        let (ticket, change) = state.withLock { state in
            state.admission.breaker.policy = policy
            return state.admission.begin(now: began)
        }
        report(change)
        guard let ticket else { return nil }
        let answer: RenewalAnswer
        do throws(CallNotBegun) { answer = try await renew() } catch {
            state.withLock { $0.admission.cancel(ticket) }
            throw error
        }
        let ended = time.now
        let (judged, ending) = state.withLock { state in
            state.admission.end(
                ticket, with: answer, for: place, isByHand: isByHand, now: ended, using: &state.random)
        }
        report(ending)
        return judged
    }

    /// Lets renewals be tried before the pause is over: the operator may have fixed the cause.
    func endPause() {
        let now = time.now
        report(
            state.withLock { state in
                // The client credentials or the address may have changed.
                state.admission.breaker.beginAnew()
                return state.admission.breaker.endPause(now)
            })
    }

    /// The reason to give for a renewal that is turned away.
    var whySuspended: String {
        "renewals are suspended" + (breaker.opening.map { ": \($0.cause.text)" } ?? "")
    }

    var breaker: Breaker.State { state.withLock { $0.admission.breaker.state } }

    /// Until when renewals are suspended at the latest; nil when they are not.
    var suspendedUntil: Timestamp? {
        let now = time.now
        return state.withLock { state in
            // After a step back, whoever asks for a permit begins the pause again.
            guard case .open(let opening) = state.admission.breaker.state, opening.at <= now, opening.until > now else {
                return nil
            }
            return opening.until
        }
    }

    private func report(_ change: Breaker.Change?) {
        switch change {
        case .opened(let opening): events.report(.renewalsSuspended(opening))
        case .closed(let opening): events.report(.renewalsResumed(after: opening))
        case .probing, nil: break
        }
    }
}
