import RefreshCore
import RefreshDaemon
import TestSupport

/// Who must not be called, and that nobody is forgotten.
extension Judge {
    /// 6. A parked or paused user is not called; nobody is while the fleet is paused.
    func whoIsNotToBeCalled() -> [Violation] {
        var found: [Violation] = []
        for call in calls {
            guard let lease = call.note.lease else { continue }
            switch lease.state {
            case .parked: found.append(Violation(6, "\(call.user) is called while parked, at \(call.began)"))
            case .paused(let end) where end.map { $0.until > lease.calendar } ?? true:
                found.append(Violation(6, "\(call.user) is called while paused, at \(call.began)"))
            case .paused, .scheduled, .backingOff: break
            }
            if isPausedByOperator(call, lease) {
                found.append(Violation(6, "\(call.user) is called at \(call.began) though the operator paused it"))
            }
            if isWhileFleetPaused(call, lease) {
                found.append(Violation(6, "\(call.user) is called at \(call.began) while the fleet is paused"))
            }
        }
        return found + pairs().compactMap(calledAfterRefusal)
    }

    private func isPausedByOperator(_ call: Call, _ lease: Testimony.LeaseNote) -> Bool {
        let before = (commandsByUser[call.user] ?? []).filter { $0.issued < lease.taken }
        guard let index = before.lastIndex(where: { if case .pause = $0.kind { $0.succeeded } else { false } }),
            let answered = before[index].answered, answered < lease.taken,
            !before[(index + 1)...].contains(where: { if case .refresh = $0.kind { false } else { true } }),
            case .pause(_, let until) = before[index].kind
        else { return false }
        return until.map { $0 > lease.calendar && !wasStepped(from: before[index].issued, until: lease.taken) } ?? true
    }

    /// A pause is over once the calendar showed its end, even if that is set back afterwards.
    private func wasStepped(from: Testimony.Mark, until: Testimony.Mark) -> Bool {
        facts.steps.contains { $0.at > from && $0.at < until }
    }

    private func isWhileFleetPaused(_ call: Call, _ lease: Testimony.LeaseNote) -> Bool {
        let last = facts.commands.last { command in
            guard command.life == call.note.life, command.issued < lease.asked else { return false }
            switch command.kind {
            case .pauseFleet, .resumeFleet: return true
            default: return false
            }
        }
        guard let last, case .pauseFleet(let until) = last.kind, last.succeeded,
            let answered = last.answered, answered < lease.asked
        else { return false }
        guard let until else { return true }
        return until > lease.calendar && !wasStepped(from: last.issued, until: lease.taken)
    }

    /// A token that was refused is not tried again until somebody changes something.
    private func calledAfterRefusal(_ first: Call, _ second: Call) -> Violation? {
        guard let outcome = first.outcome, outcome == .unauthorized || outcome == .forbidden,
            let lease = first.note.lease, let settled = facts.settled[lease.lease],
            settled.record.lastAttempt?.outcome == outcome.kind, let next = second.note.lease,
            !commands(of: first.user, from: lease.taken, until: next.taken).contains(where: { command in
                if case .pause = command.kind { true } else { command.kind.isRelease }
            }),
            !isPausedAt(lease)
        else { return nil }
        return Violation(6, "\(first.user) is called at \(second.began) though it was \(outcome.kind) at \(first.end)")
    }

    private func isPausedAt(_ lease: Testimony.LeaseNote) -> Bool { lease.state.kind == .paused }

    /// 9. Every user that was put is stored, in a state with a due moment unless parked or paused for good, unleased.
    func nobodyIsLost() -> [Violation] {
        var found: [Violation] = []
        var expected: Set<UserID> = []
        var uncertain: Set<UserID> = []
        for number in 0..<scenario.users { expected.insert(ScenarioRun.userID(number)) }
        for command in facts.commands {
            switch command.kind {
            case .put(let user, _):
                if command.succeeded { expected.insert(user) } else { uncertain.insert(user) }
            case .remove(let user):
                if command.succeeded { expected.remove(user) } else { uncertain.insert(user) }
            case .pause, .resume, .refresh, .pauseFleet, .resumeFleet, .reload: break
            }
        }
        let stored = Set(rows.map(\.id))
        for user in expected.symmetricDifference(stored).subtracting(uncertain) {
            found.append(Violation(9, stored.contains(user) ? "\(user) was removed and is there" : "\(user) is lost"))
        }
        for row in rows where !hasReason(row) { found.append(Violation(9, "\(row.id) is \(row.state), and why?")) }
        if leasesLeft > 0 { found.append(Violation(9, "\(leasesLeft) users are leased after the daemon stopped")) }
        return found
    }

    private func wasPaused(_ user: UserID, beyond moment: Timestamp) -> Bool {
        (commandsByUser[user] ?? []).contains { command in
            if case .pause(_, let until?) = command.kind { until > moment } else { false }
        }
    }

    /// Only the upstream's refusal parks, only the operator pauses, and everybody else is due some time.
    private func hasReason(_ row: User) -> Bool {
        switch row.state {
        case .parked:
            (callsByUser[row.id] ?? []).contains { call in
                call.outcome == .unauthorized || call.outcome == .forbidden || call.outcome?.kind == .refused
            }
        case .paused:
            (commandsByUser[row.id] ?? []).contains { if case .pause = $0.kind { true } else { false } }
        case .scheduled, .backingOff: row.state.due != nil
        }
    }

    /// Who is parked for refusals was refused three times with one status, and that status is none that means "later".
    func onlyRepeatedRefusalsPark() -> [Violation] {
        rows.compactMap { row in
            guard case .parked(.refused, _) = row.state else { return nil }
            let answers = (callsByUser[row.id] ?? []).compactMap(\.outcome).filter { outcome in
                switch outcome {
                case .refreshed, .rejected, .unauthorized, .forbidden, .refused: true
                case .throttled, .unavailable, .unknown, .malformed, .misconfigured: false
                }
            }
            guard case .refused(let status)? = answers.last, ![409, 423, 425].contains(status),
                answers.suffix(3) == [.refused(status: status), .refused(status: status), .refused(status: status)]
            else { return Violation(6, "\(row.id) is parked after \(answers.suffix(3))") }
            return nil
        }
    }

    /// 9, and no starvation: whoever can be called is called once things are well, and then at its pace.
    func everybodyIsCalled() -> [Violation] {
        let mended = cleared + scenario.recoverySpan
        return rows.flatMap { row -> [Violation] in
            switch row.state {
            case .parked, .paused: return []
            case .scheduled, .backingOff: break
            }
            // A pause lasts until its moment, however far a calendar that was set back has put it off.
            guard !wasPaused(row.id, beyond: clearedCalendar) else { return [] }
            let calls = (callsByUser[row.id] ?? []).filter { $0.began >= cleared }
            guard let first = calls.first, first.began <= mended else {
                return [Violation(9, "\(row.id) is not called within \(scenario.recoverySpan.text); \(row.state)")]
            }
            guard row.record.failures == 0, row.record.lastAttempt?.outcome != .refused else { return [] }
            let steady = calls.filter { $0.began >= mended && $0.began < mended + scenario.steadySpan }
            let policy = policies(of: row.id, from: mended, until: mended)[0]
            let most = Int((scenario.steadySpan / policy.cadence.every).rounded(.up)) + 1
            guard steady.isEmpty || steady.count > most else { return [] }
            if steady.allSatisfy({ $0.outcome?.kind == .refused }), (1...mostProbes).contains(steady.count),
                isNobodyAnswered(from: mended)
            {
                return []
            }
            return [
                Violation(
                    9,
                    "\(row.id) is called \(steady.count) times in \(scenario.steadySpan.text), "
                        + "every \(policy.cadence.every.text)")
            ]
        }
    }

    /// Where some are refused and no call is answered, that is taken for a wrong configuration, and they are the probes.
    private func isNobodyAnswered(from moment: Duration) -> Bool {
        let answers = calls.filter { $0.began >= moment && $0.began < moment + scenario.steadySpan }.map(
            \.outcome?.kind)
        return answers.contains(.refused) && !answers.contains { $0 == .refreshed || $0 == .rejected }
    }

    /// As many as one user may get of a breaker that stays open: its pauses have grown to the longest, less their jitter.
    private var mostProbes: Int {
        let breakers = scenario.settings.map(\.admission.breaker)
        let pause = breakers.map(\.longestPause).min() ?? .minutes(1)
        return Int((scenario.steadySpan / (pause / 2)).rounded(.up)) * (breakers.map(\.probes).max() ?? 1)
    }
}
