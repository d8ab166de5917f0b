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

    /// Performs the call, and then those that its end makes room for; what came of them is settled soon after.
    func perform(_ call: Call) async {
        var next: Call? = call
        while let call = next {
            switch call.purpose {
            case .refresh: await make(call)
            case .renewal: await renew(call)
            }
            next = ahead.next()
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

    private func make(_ call: Call) async {
        if let refused = await refuse(call) {
            gate.cancel(call.ticket, count: 1)
            call.completion?(.refused(refused))
            return
        }
        let made = await attempt(call.leased, trigger: call.trigger)
        // Before it is settled, so that the next call need not wait for the disk; the lease lasts until then.
        if let answered = made.answered {
            gate.end(call.ticket, outcome: answered.outcome, of: made.leased.user.place, latency: answered.latency)
        } else {
            gate.finish(call.ticket)
        }
        await settle(made.attempt, of: made.leased, isForced: call.isForced) { user in
            call.completion?(.completed(CompletedCall(attempt: made.attempt, user: user)))
        }
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
        return await withCheckedContinuation { waiter in
            let ending = Ending { user in
                // Who was asked for stands as before; who was due must not be due at once again.
                call.trigger == .manual
                    ? user : NextStep.reanchored(user, policy: policies.policy(for: user), now: now)
            } record: { _ in
                nil
            } completion: { _, after, _ in
                waiter.resume(returning: after)
            }
            end(call.leased.lease, revision: call.leased.revision, of: call.leased.user, ending)
        }
    }

    /// Settles a lease whose call was lost with the process that held it.
    func settleLost(_ recovered: RecoveredLease) async {
        let now = time.now
        let attempt = Attempt(
            outcome: .unknown(.crash), httpStatus: nil, trigger: .schedule, startedAt: recovered.leasedAt,
            endedAt: max(now, recovered.leasedAt), duration: max(.zero, recovered.leasedAt.duration(to: now)))
        await settle(attempt, of: recovered.leased, isForced: false) { _ in }
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

    /// Has the attempt written and told; returns before that, and `completion` hears of the user as it is then.
    private func settle(
        _ attempt: Attempt, of leased: LeasedUser, isForced: Bool, completion: @escaping @Sendable (User) -> Void
    ) async {
        // Measured before waiting: the calendar may be set meanwhile.
        let endedAt = time.uptime
        let now = await frame.enter()
        var attempt = attempt
        attempt.endedAt = now.advanced(by: endedAt - time.uptime)
        let isKept = !settings.value.history.isOff
        let ending = Ending { [self, attempt] user in
            decide(attempt, basis: user, tokenVersion: leased.user.tokenVersion)
        } record: { [attempt] user in
            isKept ? AttemptRecord(attempt, of: user, isForced: isForced) : nil
        } completion: { [self, attempt] before, after, isWritten in
            if isWritten { report(attempt, before: before, after: after) }
            frame.leave()
            completion(after)
        }
        end(leased.lease, revision: leased.revision, of: leased.user, ending)
    }

    /// Ends a lease with what `ending` makes of the user; again, when somebody changed the user meanwhile.
    ///
    /// What is not written stays leased and comes back as unknown at the next start.
    private func end(_ lease: Lease, revision: Int64, of basis: User, _ ending: Ending) {
        let next = ending.decide(basis)
        let settlement = Settlement(lease: lease, revision: revision, user: next, attempt: ending.record(basis))
        settlements.settle(settlement) { [self] result in
            switch result {
            case .settled, .refused: ending.completion(basis, next, true)
            case .changed(let user, let revision): end(lease, revision: revision, of: user, ending)
            case nil: ending.completion(basis, next, false)
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

/// How a lease ends.
private struct Ending: Sendable {
    /// What becomes of the user.
    let decide: @Sendable (User) -> User
    /// What is added to the user's history.
    let record: @Sendable (User) -> AttemptRecord?
    /// Told of the user before and after, and whether that was written.
    let completion: @Sendable (User, User, Bool) -> Void
}
