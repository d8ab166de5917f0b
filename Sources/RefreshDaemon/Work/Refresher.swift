import RefreshCore

/// Makes one call and settles it: opens the token, asks Tight, decides the next step, writes it, reports the attempt.
///
/// Every call in flight keeps a frame in memory for code that suspends. Code that handles users is therefore separate
/// and not inlined, so that the frame holds no copies of whole users.
final class Refresher: Sendable {
    private let caller: BankCaller
    private let flow: CallFlow
    private let gate: AdmissionGate
    private let settlements: SettlementQueue
    private let clockGuard: ClockStepGuard
    private let steps: StepDecider
    private let counters: OutcomeCounters
    private let settings: LiveSettings
    private let time: any Timekeeping
    private let events: any EventReporting

    init(
        caller: BankCaller, flow: CallFlow, settlements: SettlementQueue, clockGuard: ClockStepGuard,
        steps: StepDecider,
        counters: OutcomeCounters, context: WorkContext
    ) {
        self.caller = caller
        self.flow = flow
        gate = flow.gate
        self.settlements = settlements
        self.clockGuard = clockGuard
        self.steps = steps
        self.counters = counters
        settings = context.settings
        time = context.time
        events = context.events
    }

    /// Where to perform calls: on the network's executor, since a call is little more than I/O and two thread switches.
    var executor: (any TaskExecutor)? { caller.bank.executor }

    /// Performs the call, and then those that its end makes room for; their results are settled soon after.
    func perform(_ call: AdmittedCall) async {
        var next: AdmittedCall? = call
        while let call = next {
            switch call.purpose {
            case .refresh: await make(call)
            case .renewal: await renew(call)
            }
            next = flow.prefetched.next()
        }
    }

    @inline(never)
    private func renew(_ call: AdmittedCall) async {
        guard !call.isLate(on: time) else { return takeBack(call) }
        let renewer = caller.renewer
        do throws(CallNotBegun) {
            if await !renewer.postpone(call.leased) {
                switch try await renewer.renew(call.leased, beginBy: call.beginBy) {
                case .fresh, .replaced, .refused: break
                case .failed(let leased, let outcome): events.report(.renewalFailed(leased.user, outcome))
                case .leaseLost: return gate.finish(call.ticket)
                }
            }
        } catch {
            return takeBack(call)
        }
        flow.returns.handBack(call.leased.lease)
        gate.finish(call.ticket)
    }

    private func make(_ call: AdmittedCall) async {
        guard let started = await begin(call) else { return }
        var renewing = RenewingCall(
            caller: caller, isByHand: call.trigger == .manual, beginBy: call.beginBy, leased: call.leased,
            latest: started)
        let answer: RefreshAnswer
        do throws(CallNotBegun) { answer = try await renewing.make() } catch { return takeBack(call) }
        // The clocks are read once for all that ends a call: a reading costs as much as many of its steps.
        let ended = renewing.latest ?? time.reading
        let outcome = releasePermit(for: call, answer, renewing.answered, now: ended.wall)
        let entry = await clockGuard.enter(at: ended)
        let attempt = attempt(call, outcome, answer.httpStatus, started, ended, entry)
        let areRare = steps.isConclusive(attempt, of: renewing.leased) ? await steps.refusals.areRare() : false
        settle(attempt, of: renewing.leased, isForced: call.isForced, areRefusalsRare: areRare) {
            call.completion?(.completed($0))
        }
    }

    /// Ends the call's permit before the call is settled, so that the next call need not wait for the disk.
    ///
    /// The lease lasts until the call is settled. Returns the attempt's outcome, once the gate has judged the API's
    /// answer.
    @inline(never)
    private func releasePermit(
        for call: AdmittedCall, _ answer: RefreshAnswer, _ answered: RenewingCall.Answered?, now: Timestamp
    ) -> Outcome {
        guard let answered else {
            gate.finish(call.ticket)
            return answer.outcome
        }
        let user = call.leased.user
        let judged = gate.end(
            call.ticket,
            EndedCall(
                outcome: answered.outcome, user: user.place, lastOutcome: user.record.lastAttempt?.outcome,
                isByHand: call.trigger == .manual, latency: answered.latency,
                lostConnection: answered.lostConnection),
            now: now)
        return answer.outcome == answered.outcome ? judged : answer.outcome
    }

    /// Takes back a call that was not made for lack of time: it is no attempt, and any daemon may lease its user next.
    @inline(never)
    private func takeBack(_ call: AdmittedCall) {
        flow.returns.handBack(call.leased.lease)
        gate.cancel(call.ticket, count: 1)
        call.completion?(.late)
    }

    /// Checks once more whether the call may be made, while no one else can call; if not, ends the lease.
    ///
    /// Returns what the clocks show as the call begins. The transport checks the deadline once more just before it
    /// sends.
    private func begin(_ call: AdmittedCall) async -> ClockReading? {
        let entry = await clockGuard.enter()
        guard !call.isLate(on: time) else {
            clockGuard.leave()
            takeBack(call)
            return nil
        }
        guard isTime(for: call, now: entry.now) else {
            refuse(call, now: entry.now)
            return nil
        }
        clockGuard.leave()
        return entry.reading
    }

    /// The due moment may come from rules that have changed since, or from a calendar that was wrong.
    @inline(never)
    private func isTime(for call: AdmittedCall, now: Timestamp) -> Bool {
        guard call.moves == clockGuard.moves else { return false }
        let user = call.leased.user
        let policy = settings.value.policies.policy(for: user)
        return NextStep.obstacle(to: user, now: now, policy: policy, isForced: call.isForced) == nil
    }

    /// Ends the lease without a call; leaves the guard when that is written.
    @inline(never)
    private func refuse(_ call: AdmittedCall, now: Timestamp) {
        let policies = settings.value.policies
        let decision = LeaseDecision { user in
            // A user called by hand stays as before; a scheduled one must not fall due again at once.
            call.trigger == .manual
                ? user : NextStep.reanchored(user, policy: policies.policy(for: user), now: now)
        } record: { _ in
            nil
        } completion: { [self] _, after, _ in
            clockGuard.leave()
            call.completion?(.refused(after))
        }
        end(call.leased.lease, revision: call.leased.revision, of: call.leased.user, decision)
        // At once, for the next call, but only after the settlement is queued: otherwise a stop might not wait for it.
        gate.cancel(call.ticket, count: 1)
    }

    /// Settles a lease whose call was lost with the process that held it.
    func settleLost(_ recovered: RecoveredLease) async {
        let end = await clockGuard.enter().now.advanced(by: time.uncertainty)
        settle(recovered.attempt(endedAt: end), of: recovered.leased, isForced: false) { _ in }
    }

    /// `ended` is what the clocks showed before the wait for the calendar.
    @inline(never)
    private func attempt(
        _ call: AdmittedCall, _ outcome: Outcome, _ httpStatus: Int?, _ started: ClockReading, _ ended: ClockReading,
        _ entry: ClockStepGuard.Entry
    ) -> Attempt {
        Attempt(
            outcome: outcome, httpStatus: httpStatus, trigger: call.trigger,
            due: call.trigger == .schedule ? call.leased.user.state.due : nil,
            startedAt: started.wall,
            endedAt: entry.now.advanced(by: ended.sinceBoot - entry.reading.sinceBoot + time.uncertainty),
            duration: ended.sinceBoot - started.sinceBoot)
    }

    /// Writes and reports the attempt, then leaves the guard; `completion` receives the user as it is then.
    @inline(never)
    private func settle(
        _ attempt: Attempt, of leased: LeasedUser, isForced: Bool, areRefusalsRare: Bool = false,
        completion: @escaping @Sendable (CompletedCall) -> Void
    ) {
        let isKept = !settings.value.history.isOff
        let decision = LeaseDecision { [self] user in
            steps.next(
                after: attempt, of: user, tokenVersion: leased.user.tokenVersion, areRefusalsRare: areRefusalsRare)
        } record: { user in
            isKept ? AttemptRecord(attempt, of: user, isForced: isForced) : nil
        } completion: { [self] before, after, isAnswered in
            if isAnswered { report(attempt, before: before, after: after) }
            clockGuard.leave()
            completion(CompletedCall(attempt: attempt, user: after))
        }
        end(leased.lease, revision: leased.revision, of: leased.user, decision)
    }

    /// Ends a lease with the user that `decision` computes, again if the user changed meanwhile.
    ///
    /// A result that is not written stays leased and is recovered as `unknown` at the next start.
    private func end(_ lease: Lease, revision: Int64, of basis: User, _ decision: LeaseDecision) {
        let settlement = Settlement(
            lease: lease, revision: revision, user: decision.decide(basis), attempt: decision.record(basis))
        settlements.settle(settlement) { [self] result in
            switch result {
            case .settled, .refused: decision.completion(basis, settlement.user, true)
            case .changed(let user, let revision): end(lease, revision: revision, of: user, decision)
            case nil: decision.completion(basis, settlement.user, false)
            }
        }
    }

    private func report(_ attempt: Attempt, before: User, after: User) {
        counters.count(attempt.outcome.kind)
        gate.expect(after.state.due)
        let number = before.record.failures + before.record.outageWaits + 1
        events.report(.attempted(attempt, user: after, number: number))
        if case .parked(let reason, _) = after.state { events.report(.parked(after, reason)) }
    }
}

/// How a lease ends.
private struct LeaseDecision: Sendable {
    /// Returns what becomes of the user.
    let decide: @Sendable (User) -> User
    /// Returns the attempt to add to the user's history.
    let record: @Sendable (User) -> AttemptRecord?
    /// Receives the user before and after, and whether the store answered; it did not if the queue was abandoned.
    let completion: @Sendable (User, User, Bool) -> Void
}

/// The parts that a call for a user needs: the bank, the vault that opens its token, and the renewer that replaces it.
final class BankCaller: Sendable {
    let bank: any BankRefreshing
    let vault: any TokenSealing
    let renewer: Renewer
    let time: any Timekeeping

    init(bank: any BankRefreshing, vault: any TokenSealing, renewer: Renewer, time: any Timekeeping) {
        self.bank = bank
        self.vault = vault
        self.renewer = renewer
        self.time = time
    }
}
