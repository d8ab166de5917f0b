import RefreshCore

/// Refreshes one user at once if the rules allow it, and reports the result.
struct ManualRefresh: Sendable {
    /// How long a request may wait for the limits before it is refused.
    static let patience = Duration.minutes(1)

    let store: any UserStore
    let flow: CallFlow
    let clockGuard: ClockStepGuard
    let settings: LiveSettings
    let time: any Timekeeping

    private var gate: AdmissionGate { flow.gate }

    func refresh(_ id: UserID, force: Bool) async throws -> RefreshReport {
        guard let user = try await store.user(id) else {
            return .noSuchUser(id)
        }
        if let refusal = refusal(of: user, force: force) { return refusal }
        let ticket: Admission.Ticket
        switch await admission() {
        case .begun(let begun, _): ticket = begun
        case .refused(let obstacle): return .refused(id, because: obstacle)
        }
        return try await call(id, ticket: ticket, force: force)
    }

    private func call(_ id: UserID, ticket: Admission.Ticket, force: Bool) async throws -> RefreshReport {
        let leased: LeasedUser
        let moves = clockGuard.moves
        let beginBy = flow.beginBy(claimSentAt: time.uptime)
        do {
            let now = time.now
            switch try await store.lease(id, now: now, until: now.advanced(by: settings.value.leaseDuration)) {
            case .success(let lease): leased = lease
            case .failure(let obstacle):
                gate.cancel(ticket, count: 1)
                return switch obstacle {
                case .noSuchUser: .noSuchUser(id)
                case .inFlight: .refused(id, .inFlight, "a call for this user is in flight")
                case .otherSettings:
                    .refused(id, .changed, "the settings of all daemons have just changed; try again")
                }
            }
        } catch {
            gate.cancel(ticket, count: 1)
            throw error
        }
        let end: CallEnd? = await withCheckedContinuation { waiter in
            let call = AdmittedCall(
                leased: leased, ticket: ticket, trigger: .manual, moves: moves, beginBy: beginBy, isForced: force
            ) { waiter.resume(returning: $0) }
            if !flow.submit(call) { waiter.resume(returning: nil) }
        }
        let completed: CompletedCall
        switch end {
        case .completed(let call): completed = call
        case .refused(let user):
            // Between the first check and the lease, another call ended or the calendar was set.
            return refusal(of: user, force: force)
                ?? .refused(id, .changed, "the call was not possible at that moment; try again")
        case .late:
            return .refused(id, .changed, "the call could not begin in time, and nothing was sent; try again")
        case nil:
            gate.cancel(ticket, count: 1)
            try await store.release([leased.lease])
            throw OperationProblem.stopping
        }
        return RefreshReport(
            userID: id.rawValue, answer: .done, outcome: completed.attempt.outcome.kind,
            httpStatus: completed.attempt.httpStatus, reason: completed.attempt.outcome.reason,
            nextDue: completed.user.state.due?.description,
            durationMicroseconds: completed.attempt.duration.wholeMicroseconds)
    }

    private func refusal(of user: User, force: Bool) -> RefreshReport? {
        let policy = settings.value.policies.policy(for: user)
        return NextStep.obstacle(to: user, now: time.now, policy: policy, isForced: force)
            .map { .refused(user, because: $0, policy: policy) }
    }

    /// Waits for rate and concurrency for a while; breaker, throttling and a pause refuse at once.
    private func admission() async -> AdmissionGate.Reservation {
        let deadline = time.uptime + Self.patience
        while true {
            let reservation = gate.reserve(upTo: 1, forSchedule: false)
            guard case .refused(let obstacle) = reservation, time.uptime < deadline else { return reservation }
            switch obstacle {
            case .breaker, .throttled, .paused: return reservation
            case .rate(let until), .slowStart(let until), .outOfTouch(let until):
                do { try await time.sleep(for: max(.milliseconds(1), time.now.duration(to: until))) } catch {
                    return reservation
                }
            case .concurrency: await gate.callEnded()
            }
        }
    }
}
