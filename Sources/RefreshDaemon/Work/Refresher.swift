package import RefreshCore
import Synchronization

/// Makes one call and settles it: opens the token, asks Tight, decides the next step, writes it, tells what happened.
package final class Refresher: Sendable {
    private let bank: any BankRefreshing
    private let vault: any TokenSealing
    private let settlements: SettlementQueue
    private let gate: AdmissionGate
    private let frame: ClockFrame
    private let settings: LiveSettings
    private let time: any Timekeeping
    private let events: any EventReporting
    private let counters: OutcomeCounters
    private let random: Mutex<SplitMix64>

    package init(
        bank: any BankRefreshing, vault: any TokenSealing, settlements: SettlementQueue, gate: AdmissionGate,
        frame: ClockFrame, settings: LiveSettings, time: any Timekeeping, events: any EventReporting,
        counters: OutcomeCounters,
        seed: UInt64
    ) {
        self.bank = bank
        self.vault = vault
        self.settlements = settlements
        self.gate = gate
        self.frame = frame
        self.settings = settings
        self.time = time
        self.events = events
        self.counters = counters
        random = Mutex(SplitMix64(seed: seed))
    }

    /// Where to perform calls: beside the network, since a call is little more than that and two changes of thread.
    var executor: (any TaskExecutor)? { bank.executor }

    func perform(_ call: Call) async {
        if let refused = await refuse(call) {
            gate.cancel(call.ticket, count: 1)
            call.completion?(.refused(refused))
            return
        }
        let attempt = await attempt(call.leased, trigger: call.trigger)
        let user = await settle(attempt, of: call.leased)
        gate.end(
            call.ticket, outcome: attempt.outcome, of: call.leased.user.place, latency: attempt.duration)
        call.completion?(.completed(CompletedCall(attempt: attempt, user: user)))
    }

    /// The last look before the call, now that nobody else can call; nil when it may go ahead, else the lease has ended.
    ///
    /// The due moment may come from rules that were changed since, or from a calendar that was wrong.
    private func refuse(_ call: Call) async -> User? {
        let now = await frame.enter()
        defer { frame.leave() }
        let policies = settings.value.policies
        let policy = policies.policy(for: call.leased.user)
        let isStale = call.moves != frame.moves
        guard isStale || !NextStep.mayCall(call.leased.user, now: now, policy: policy, isForced: call.isForced)
        else { return nil }
        return await write(call.leased) { user in
            // Who was asked for stands as before; who was due must not be due at once again.
            call.trigger == .manual
                ? user : NextStep.reanchored(user, policy: policies.policy(for: user), now: now)
        }.after
    }

    /// Settles a lease whose call was lost with the process that held it.
    func settleLost(_ recovered: RecoveredLease) async {
        let now = time.now
        let attempt = Attempt(
            outcome: .unknown(.crash), httpStatus: nil, trigger: .schedule, startedAt: recovered.leasedAt,
            endedAt: max(now, recovered.leasedAt), duration: max(.zero, recovered.leasedAt.duration(to: now)))
        _ = await settle(attempt, of: recovered.leased)
    }

    private func attempt(_ leased: LeasedUser, trigger: Attempt.Trigger) async -> Attempt {
        let startedAt = time.now
        let started = time.uptime
        let answer: RefreshAnswer
        do {
            let token = try vault.open(leased.token, for: leased.user.id)
            answer = await bank.refresh(token)
        } catch {
            answer = RefreshAnswer(outcome: .misconfigured(Self.misconfiguration(error)), httpStatus: nil)
        }
        return Attempt(
            outcome: answer.outcome, httpStatus: answer.httpStatus, trigger: trigger,
            startedAt: startedAt, endedAt: time.now, duration: time.uptime - started)
    }

    private static func misconfiguration(_ problem: any Error) -> Misconfiguration {
        if case TokenSealProblem.unknownKey = problem { .keyMissing } else { .tokenDamaged }
    }

    private func settle(_ attempt: Attempt, of leased: LeasedUser) async -> User {
        // Measured before waiting: the calendar may be set meanwhile.
        let endedAt = time.uptime
        let now = await frame.enter()
        defer { frame.leave() }
        var ended = attempt
        ended.endedAt = now.advanced(by: endedAt - time.uptime)
        let (before, after, isWritten) = await write(leased) { user in
            decide(ended, basis: user, tokenVersion: leased.user.tokenVersion)
        }
        if isWritten { report(ended, before: before, after: after) }
        return after
    }

    /// Ends a lease with what `decide` makes of the user; again, when somebody changed the user meanwhile.
    ///
    /// What is not written stays leased and comes back as unknown at the next start.
    private func write(
        _ leased: LeasedUser, _ decide: (User) -> User
    ) async -> (before: User, after: User, isWritten: Bool) {
        var basis = leased.user
        var revision = leased.revision
        while true {
            let next = decide(basis)
            let result: SettlementResult
            do {
                result = try await settlements.settle(Settlement(lease: leased.lease, revision: revision, user: next))
            } catch {
                return (basis, next, false)
            }
            switch result {
            case .settled, .refused: return (basis, next, true)
            case .changed(let user, let newRevision):
                basis = user
                revision = newRevision
            }
        }
    }

    private func decide(_ attempt: Attempt, basis: User, tokenVersion: Int64) -> User {
        let wasSuperseded = basis.tokenVersion != tokenVersion
        if wasSuperseded, attempt.outcome == .unauthorized || attempt.outcome == .forbidden {
            return NextStep.afterSupersededToken(attempt, of: basis)
        }
        let policy = settings.value.policies.policy(for: basis)
        return random.withLock { NextStep.after(attempt, of: basis, under: policy, using: &$0) }
    }

    private func report(_ attempt: Attempt, before: User, after: User) {
        counters.count(attempt.outcome.kind)
        if let due = after.state.due { gate.expect(due) }
        let number = before.record.failures + before.record.outageWaits + 1
        events.report(.attempted(attempt, user: after, number: number))
        if case .parked(let reason, _) = after.state { events.report(.parked(after, reason)) }
    }
}
