import RefreshCore

/// Refreshes one user now if the rules allow it, and says honestly what came of it.
struct ManualRefresh: Sendable {
    /// How long a request may queue behind the limits before it is refused.
    static let patience = Duration.minutes(1)

    let store: any UserStore
    let gate: AdmissionGate
    let calls: CallQueue
    let frame: ClockFrame
    let settings: LiveSettings
    let time: any Timekeeping

    func refresh(_ id: UserID, force: Bool) async throws -> RefreshReport {
        guard let user = try await store.user(id) else {
            return noSuchUser(id)
        }
        if let refusal = refusal(of: user, force: force) { return refusal }
        let ticket: Admission.Ticket
        switch await admission() {
        case .begun(let begun, _): ticket = begun
        case .refused(let obstacle): return refused(id, because: obstacle)
        }
        return try await call(id, ticket: ticket, force: force)
    }

    private func call(_ id: UserID, ticket: Admission.Ticket, force: Bool) async throws -> RefreshReport {
        let leased: LeasedUser
        let moves = frame.moves
        do {
            let now = time.now
            switch try await store.lease(id, now: now, until: now.advanced(by: settings.value.leaseDuration)) {
            case .success(let lease): leased = lease
            case .failure(.noSuchUser):
                gate.cancel(ticket, count: 1)
                return noSuchUser(id)
            case .failure(.inFlight):
                gate.cancel(ticket, count: 1)
                return refused(id, "a call for this user is under way")
            }
        } catch {
            gate.cancel(ticket, count: 1)
            throw error
        }
        let end: CallEnd? = await withCheckedContinuation { waiter in
            let call = Call(leased: leased, ticket: ticket, trigger: .manual, moves: moves, isForced: force) {
                waiter.resume(returning: $0)
            }
            if !calls.submit(call) { waiter.resume(returning: nil) }
        }
        let completed: CompletedCall
        switch end {
        case .completed(let call): completed = call
        case .refused(let user):
            // Between the first look and the lease another call ended, or the calendar was set.
            return refusal(of: user, force: force) ?? refused(id, "it was not the time to call; try again")
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
        let now = time.now
        switch user.state {
        case .parked(let reason, _):
            return refused(
                user.id, "the user is parked: \(reason.rawValue); \(MendingCommand.forUser(user) ?? "resume it") first")
        case .paused(nil):
            return refused(user.id, "the user is paused; \(MendingCommand.forUser(user) ?? "resume it") first")
        case .paused(let end?) where end.until > now:
            return refused(user.id, "the user is paused", until: end.until)
        case .scheduled, .backingOff, .paused:
            break
        }
        let policy = settings.value.policies.policy(for: user)
        let earliest = NextStep.earliest(for: user, now: now, policy: policy)
        guard earliest > now, !force else { return nil }
        let floorEnds = user.record.reachedAt.map { $0.advanced(by: policy.minimumInterval) } ?? now
        let why =
            floorEnds > now
            ? "the floor of \(policy.minimumInterval.roundedText) between two calls"
            : "the day's \(policy.attemptsPerDay) attempts are used"
        return refused(user.id, "\(why); --force overrides", until: earliest)
    }

    /// Queues behind rate and concurrency for a while; breaker, throttling and a pause refuse at once.
    private func admission() async -> AdmissionGate.Reservation {
        let deadline = time.uptime + Self.patience
        while true {
            let reservation = gate.reserve(upTo: 1, forSchedule: false)
            guard case .refused(let obstacle) = reservation, time.uptime < deadline else { return reservation }
            switch obstacle {
            case .breaker, .throttled, .paused: return reservation
            case .rate(let until), .slowStart(let until):
                do { try await time.sleep(for: max(.milliseconds(1), time.now.duration(to: until))) } catch {
                    return reservation
                }
            case .concurrency: await gate.callEnded()
            }
        }
    }

    private func refused(_ id: UserID, because obstacle: Admission.Obstacle) -> RefreshReport {
        switch obstacle {
        case .breaker(let until): refused(id, "the API is not well and the breaker is open", until: until)
        case .paused(let until): refused(id, "the fleet is paused", until: until)
        case .throttled(let until): refused(id, "Tight asks to call less often", until: until)
        case .rate, .slowStart, .concurrency: refused(id, "too many calls wait already; try again later")
        }
    }

    private func noSuchUser(_ id: UserID) -> RefreshReport {
        RefreshReport(userID: id.rawValue, answer: .noSuchUser, reason: "there is no such user")
    }

    private func refused(_ id: UserID, _ reason: String, until: Timestamp? = nil) -> RefreshReport {
        RefreshReport(userID: id.rawValue, answer: .refused, reason: reason, until: until?.description)
    }
}
