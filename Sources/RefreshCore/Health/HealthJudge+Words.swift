extension HealthJudge {
    func level(worst: Finding?) -> Severity {
        switch snapshot.phase {
        case .stopping: .stopping
        case .starting where worst?.level != .trouble: .starting
        case .starting, .running, .down: worst?.level ?? .well
        }
    }

    /// `worst` is the first finding that a person has to look at.
    func headline(worst: Finding?, at level: Severity) -> String {
        if level == .stopping { return "Stopping" }
        if level == .starting { return "Starting" }
        if let worst { return worst.title }
        guard let census = snapshot.census, let fresh = snapshot.fresh else { return "All is well" }
        guard census.users > 0 else { return "No users yet" }
        let words =
            "\(fresh.grouped) of \(census.users.counted("user")) \(census.users == 1 ? "is" : "are") fresh"
        // Users that the operator paused are not meant to be fresh.
        let wanted = census.users - (census.byState[.paused] ?? 0)
        return fresh * 10 >= wanted * 9 ? "All is well: \(words)" : words
    }

    /// `findings` are those that a person has to look at.
    func summary(_ findings: [Finding]) -> String {
        if snapshot.phase == .down {
            let users =
                snapshot.census.map { "; \($0.users.counted("user")) \($0.users == 1 ? "is" : "are") stored" } ?? ""
            guard elsewhere.isEmpty else {
                return "No daemon runs on this host; \(elsewhere.count.counted("other")) refresh the users\(users)"
            }
            return "No daemon is running\(users)"
        }
        let (activity, told) = activity
        var parts = [activity]
        // A failing store holds up all calls, so the other findings can wait.
        if told != .storeFailing {
            parts += findings.filter { $0.kind != told }.prefix(3).map { $0.title.uncapitalizedStart }
        }
        parts.append("\(snapshot.inFlight) in flight")
        if let next = nextCall { parts.append("next call \(next > snapshot.at ? "\(next)" : "now")") }
        return parts.joined(separator: ", ")
    }

    /// The current activity, and the finding that it covers.
    private var activity: (String, Finding.Kind?) {
        if let failure = snapshot.storeFailure {
            return (failure.sentence + "; no calls are made until it does", .storeFailing)
        }
        if let awaited = settingsAwaited { return ("Waiting for the settings of the fleet", awaited.kind) }
        switch snapshot.phase {
        case .stopping: return ("Stopping", nil)
        case .starting: return ("Starting", nil)
        case .running, .down: break
        }
        if isStuck { return ("The scheduler is stuck", .schedulerStuck) }
        if let pause = snapshot.pause {
            let until = pause.until.map { " until \($0)" } ?? ""
            return ("Paused by the operator" + until + (pause.reason.map { " (\($0))" } ?? ""), .paused)
        }
        switch snapshot.breaker {
        case .closed: break
        case .open(let opening) where snapshot.nextDue.map { $0 > opening.until } ?? false:
            // No user is due sooner, and a probe without a due user would waste a call.
            return ("The next call probes the API: \(opening.cause.text)", .breakerOpen)
        case .open(let opening):
            return ("Waiting for the API until \(opening.until): \(opening.cause.text)", .breakerOpen)
        case .probing(let opening, _, _): return ("Probing the API: \(opening.cause.text)", .breakerOpen)
        }
        if let pause = snapshot.throttling {
            return ("Waiting until \(pause.until): Tight asks to call less often", .throttled)
        }
        let rate = snapshot.learnedRate.map { " at \($0.callsText), as many as Tight lets through" } ?? ""
        return ("Refreshing" + rate, nil)
    }

    /// When the next call may start, given what holds up all calls; nil if that is not known.
    private var nextCall: Timestamp? {
        guard snapshot.phase != .stopping, let due = snapshot.nextDue, due < .distantFuture, !isStuck,
            snapshot.storeFailure == nil
        else { return nil }
        if let pause = snapshot.pause { return pause.until.map { max($0, due) } }
        let opens: Timestamp? = if case .open(let opening) = snapshot.breaker { opening.until } else { nil }
        return [due, opens, snapshot.throttling?.until].compactMap(\.self).max()
    }

    var liveness: Health.Check {
        let trouble = snapshot.storeFailure.map { " \($0.sentence); no calls are made until it does." } ?? ""
        return switch snapshot.phase {
        case .stopping: Health.Check(isGood: true, words: "Stopping: calls in flight may end.")
        case .starting: Health.Check(isGood: true, words: "Starting: the store is being opened and read.\(trouble)")
        case .down: Health.Check(isGood: false, words: "No daemon is running.")
        case .running where isStuck:
            Health.Check(
                isGood: false,
                words: "The scheduler has not completed a pass for \(snapshot.sinceLastTurn?.roundedText ?? "long"): "
                    + "the store does not answer, or the daemon hangs.\(trouble) Look: \(Self.warnings)")
        case .running: Health.Check(isGood: true, words: "The scheduler works.\(trouble)")
        }
    }

    var readiness: Health.Check {
        if let finding = outOfTouch ?? settingsNotTaken ?? settingsAwaited {
            return Health.Check(isGood: false, words: "\(finding.title). \(finding.detail)")
        }
        let isReady = snapshot.phase == .running && liveness.isGood && snapshot.storeFailure == nil
        return Health.Check(isGood: isReady, words: liveness.words)
    }
}

extension Breaker.State {
    /// The current opening; nil while closed.
    package var opening: Breaker.Opening? {
        switch self {
        case .closed: nil
        case .open(let opening), .probing(let opening, _, _): opening
        }
    }
}

extension Breaker.Cause {
    /// The cause, as part of a sentence.
    package var text: String {
        switch self {
        case .failureRate(let failed, let calls, let latest):
            "\(failed) of \(calls.counted("call")) failed, the latest: \(latest.briefReason ?? latest.kind.rawValue)"
        case .misconfigured(let what): what.text
        case .probeFailed(let outcome): "a probe failed: \(outcome.briefReason ?? outcome.kind.rawValue)"
        case .fleet(let cause): "another daemon of the fleet reports: \(cause)"
        }
    }
}

extension String {
    /// The text as part of a sentence, in which a name keeps its capital.
    fileprivate var uncapitalizedStart: String {
        hasPrefix("Tight ") ? self : prefix(1).lowercased() + dropFirst()
    }
}
