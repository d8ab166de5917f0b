package import RefreshCore
import Synchronization

/// Makes one call and settles it: opens the token, asks Tight, decides the next step, writes it, tells what happened.
package final class Refresher: Sendable {
    private let bank: any BankRefreshing
    private let vault: any TokenSealing
    private let renewer: Renewer?
    private let unused: UnusedLeases
    private let ahead: LeasesAhead
    private let settlements: SettlementQueue
    private let gate: AdmissionGate
    private let frame: ClockFrame
    private let settings: LiveSettings
    private let time: any Timekeeping
    private let events: any EventReporting
    private let counters: OutcomeCounters
    private let random: Mutex<SplitMix64>

    package init(
        bank: any BankRefreshing, vault: any TokenSealing, renewer: Renewer?, unused: UnusedLeases, ahead: LeasesAhead,
        settlements: SettlementQueue, gate: AdmissionGate, frame: ClockFrame, settings: LiveSettings,
        time: any Timekeeping, events: any EventReporting,
        counters: OutcomeCounters,
        seed: UInt64
    ) {
        self.bank = bank
        self.vault = vault
        self.renewer = renewer
        self.unused = unused
        self.ahead = ahead
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

    /// Performs the call, and then those that its end makes room for.
    func perform(_ call: Call) async {
        await withDiscardingTaskGroup { settling in
            var next: Call? = call
            while let call = next {
                switch call.purpose {
                case .refresh:
                    if let made = await make(call) { settling.addTask { await self.settle(call, made) } }
                case .renewal: await renew(call)
                }
                next = ahead.next()
            }
        }
    }

    private func renew(_ call: Call) async {
        defer { gate.finish(call.ticket) }
        guard let renewer else { return }
        if await !renewer.postpone(call.leased) {
            switch await renewer.renew(call.leased) {
            case .fresh, .refused: break
            case .failed(let leased, let outcome): events.report(.renewalFailed(leased.user, outcome))
            case .leaseLost: return
            }
        }
        unused.handBack(call.leased.lease)
    }

    /// Returns what is to be settled, nil when the call was not to be made.
    private func make(_ call: Call) async -> MadeAttempt? {
        if let refused = await refuse(call) {
            gate.cancel(call.ticket, count: 1)
            call.completion?(.refused(refused))
            return nil
        }
        let made = await attempt(call.leased, trigger: call.trigger)
        // Before it is settled, so that the next call need not wait for the disk; the lease lasts until then.
        if let answered = made.answered {
            gate.end(call.ticket, outcome: answered.outcome, of: made.leased.user.place, latency: answered.latency)
        } else {
            gate.finish(call.ticket)
        }
        return made
    }

    private func settle(_ call: Call, _ made: MadeAttempt) async {
        let user = await settle(made.attempt, of: made.leased, isForced: call.isForced)
        call.completion?(.completed(CompletedCall(attempt: made.attempt, user: user)))
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
        _ = await settle(attempt, of: recovered.leased, isForced: false)
    }

    private func attempt(_ leased: LeasedUser, trigger: Attempt.Trigger) async -> MadeAttempt {
        let startedAt = time.now
        let started = time.uptime
        var call = RenewingCall(bank: bank, vault: vault, renewer: renewer, time: time, leased: leased)
        let answer = await call.make()
        let attempt = Attempt(
            outcome: answer.outcome, httpStatus: answer.httpStatus, trigger: trigger,
            due: trigger == .schedule ? leased.user.state.due : nil,
            startedAt: startedAt, endedAt: time.now, duration: time.uptime - started)
        return MadeAttempt(attempt: attempt, leased: call.leased, answered: call.answered)
    }

    private func settle(_ attempt: Attempt, of leased: LeasedUser, isForced: Bool) async -> User {
        // Measured before waiting: the calendar may be set meanwhile.
        let endedAt = time.uptime
        let now = await frame.enter()
        defer { frame.leave() }
        var ended = attempt
        ended.endedAt = now.advanced(by: endedAt - time.uptime)
        let (before, after, isWritten) = await write(leased) { user in
            decide(ended, basis: user, tokenVersion: leased.user.tokenVersion)
        } record: { [isKept = !settings.value.history.isOff] user in
            isKept ? AttemptRecord(ended, of: user, isForced: isForced) : nil
        }
        if isWritten { report(ended, before: before, after: after) }
        return after
    }

    /// Ends a lease with what `decide` makes of the user; again, when somebody changed the user meanwhile.
    ///
    /// What is not written stays leased and comes back as unknown at the next start.
    private func write(
        _ leased: LeasedUser, _ decide: (User) -> User, record: (User) -> AttemptRecord? = { _ in nil }
    ) async -> (before: User, after: User, isWritten: Bool) {
        var basis = leased.user
        var revision = leased.revision
        while true {
            let next = decide(basis)
            let result: SettlementResult
            do {
                result = try await settlements.settle(
                    Settlement(lease: leased.lease, revision: revision, user: next, attempt: record(basis)))
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
        gate.expect(after.state.due)
        let number = before.record.failures + before.record.outageWaits + 1
        events.report(.attempted(attempt, user: after, number: number))
        if case .parked(let reason, _) = after.state { events.report(.parked(after, reason)) }
    }
}

/// An attempt with what it left to do.
private struct MadeAttempt {
    let attempt: Attempt
    /// With the token that was used last.
    let leased: LeasedUser
    let answered: RenewingCall.Answered?
}
