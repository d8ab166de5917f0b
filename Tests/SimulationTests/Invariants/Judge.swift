import RefreshCore
import RefreshDaemon
import TestSupport

/// Holds what happened against what was promised.
struct Judge {
    struct Call {
        let note: Testimony.CallNote
        /// Nil when its process died first.
        let outcome: Outcome?
        /// On the steady clock; its process's death where no answer came.
        let end: Duration
        let endCalendar: Timestamp?

        var user: UserID { note.user }
        var began: Duration { note.began.uptime }
        var order: Int { note.began.order }
    }

    let scenario: Scenario
    let facts: Testimony.Facts
    let calls: [Call]
    let callsByUser: [UserID: [Call]]
    let commandsByUser: [UserID: [Testimony.Command]]
    /// What the store holds in the end.
    let rows: [User]
    let leasesLeft: Int
    let cleared: Duration
    /// What the calendar showed when the trouble ended.
    let clearedCalendar: Timestamp
    private let groups: [UserID: GroupName?]

    init(
        scenario: Scenario, facts: Testimony.Facts, log: [ScriptedBank.LoggedCall], rows: [User], leasesLeft: Int,
        cleared: Duration, clearedCalendar: Timestamp
    ) {
        self.scenario = scenario
        self.facts = facts
        self.rows = rows
        self.leasesLeft = leasesLeft
        self.cleared = cleared
        self.clearedCalendar = clearedCalendar
        calls = zip(facts.calls, log).map { note, logged in
            let death = facts.lives.indices.contains(note.life) ? facts.lives[note.life].ended?.uptime : nil
            return Call(
                note: note, outcome: logged.outcome, end: logged.endedAt ?? death ?? .seconds(Int64.max / 2),
                endCalendar: logged.ended)
        }
        callsByUser = Dictionary(grouping: calls, by: \.user)
        var commands: [UserID: [Testimony.Command]] = [:]
        for command in facts.commands {
            for user in command.kind.users { commands[user, default: []].append(command) }
        }
        commandsByUser = commands
        let numbers = 0..<(scenario.users + scenario.acts.count + 1)
        groups = Dictionary(uniqueKeysWithValues: numbers.map { (ScenarioRun.userID($0), scenario.group(of: $0)) })
    }

    var violations: [Violation] {
        var found = facts.seen
        for check in [
            atMostOneCall, theFloorHolds, failuresWait, newTokensAreUsed, whoIsNotToBeCalled, nobodyIsLost,
            everybodyIsCalled, onlyRepeatedRefusalsPark, outagesCostOnlyProbes, theLimitsHold, theBudgetHolds,
        ] {
            found += check()
        }
        return found
    }

    /// The configurations in force at some time of this stretch of the steady clock.
    func settings(from: Duration, until: Duration) -> [DaemonSettings] {
        facts.settings.enumerated().filter { index, entry in
            let next = index + 1 < facts.settings.count ? facts.settings[index + 1].from.uptime : nil
            return entry.from.uptime <= until && (next.map { $0 >= from } ?? true)
        }.map(\.element.value)
    }

    func policies(of user: UserID, from: Duration, until: Duration) -> [UserPolicy] {
        settings(from: from, until: until).map { $0.policies.policy(forGroup: groups[user] ?? nil) }
    }

    /// Whether the call counts for the minimum interval and the day's budget, under every rule that was in force while it
    /// was made and settled.
    ///
    /// An operator who knows better has a 5xx count for nothing. A refusal that is everybody's is a wrong address, and was
    /// no call to any bank.
    func mayHaveReachedBank(_ call: Call) -> Bool {
        guard let outcome = call.outcome else { return true }
        if outcome.kind == .refused, let lease = call.note.lease,
            facts.settled[lease.lease]?.record.lastAttempt?.outcome == .misconfigured
        {
            return false
        }
        let rules = policies(of: call.user, from: call.began, until: call.end + .minutes(10))
        return rules.isEmpty ? outcome.mayHaveReachedBank : rules.allSatisfy(outcome.mayHaveReachedBank(under:))
    }

    /// Whether the operator asked for this call: a refresh for the user was under way in the same process.
    func isManual(_ call: Call, force: Bool?) -> Bool {
        (commandsByUser[call.user] ?? []).contains { command in
            guard case .refresh(_, let forced) = command.kind, force ?? forced == forced else { return false }
            return command.life == call.note.life && command.issued < call.note.began
                && command.answered.map { call.note.began < $0 } ?? true
        }
    }

    /// How far the calendar went forward between two moments without any process that could have told.
    ///
    /// A step that no process followed is found by the next, unless the machine was started anew meanwhile: then it
    /// is taken for time that passed, up to the longest gap that the store came through before.
    func unseenSteps(from: Duration, until: Duration) -> Duration {
        var sum = Duration.zero
        for step in facts.steps where step.at.uptime >= from && step.at.uptime <= until {
            guard step.by > .zero, !isFollowed(step) else { continue }
            let next = facts.lives.filter { $0.began.uptime >= step.at.uptime && $0.began.uptime <= until }
            if next.contains(where: \.isAfterBoot) { sum += min(step.by, longestGap(before: step.at.uptime)) }
        }
        // Steps of a second are within the tolerance; each life starts to count anew.
        let lives = facts.lives.count { $0.began.uptime >= from && $0.began.uptime <= until }
        return sum + .seconds(1) * (lives + 1)
    }

    /// How far the calendar went forward between two moments.
    func forwardSteps(from: Duration, until: Duration) -> Duration {
        facts.steps.filter { $0.at.uptime >= from && $0.at.uptime <= until && $0.by > .zero }
            .reduce(.zero) { $0 + $1.by }
    }

    /// The longest time between the last mark of a life and the next life that a store may know of.
    private func longestGap(before moment: Duration) -> Duration {
        var longest = Duration.minutes(1)
        for (life, next) in zip(facts.lives, facts.lives.dropFirst()) where next.began.uptime < moment {
            guard let ended = life.ended?.uptime else { continue }
            var gap = next.began.uptime - ended + .minutes(2)
            for step in facts.steps where step.at.uptime >= life.began.uptime && step.at < next.began {
                gap += max(.zero, step.by)
            }
            // A store in trouble takes no marks.
            for trouble in facts.troubles where trouble.from <= ended && trouble.until >= life.began.uptime {
                gap += trouble.until - trouble.from
            }
            for suspend in facts.suspends where suspend.at.uptime >= life.began.uptime && suspend.at < next.began {
                gap += suspend.duration
            }
            longest = max(longest, gap)
        }
        return longest
    }

    private func isFollowed(_ step: Testimony.Step) -> Bool {
        guard let life = step.life else { return false }
        guard let death = facts.lives[life].ended?.uptime else { return true }
        var by = step.at.uptime + .minutes(2)
        for trouble in facts.troubles where trouble.from <= by && trouble.until >= step.at.uptime {
            by = max(by, trouble.until + .minutes(2))
        }
        for suspend in facts.suspends where suspend.at.uptime >= step.at.uptime && suspend.at.uptime <= by {
            by += suspend.duration
        }
        return death >= by
    }
}

extension Testimony.Command.Kind {
    var users: Set<UserID> {
        switch self {
        case .put(let user, _), .remove(let user), .pause(let user, _), .resume(let user): [user]
        case .refresh(let users, _): users
        case .pauseFleet, .resumeFleet, .reload: []
        }
    }

    var isRelease: Bool {
        switch self {
        case .put, .resume, .remove: true
        case .pause, .refresh, .pauseFleet, .resumeFleet, .reload: false
        }
    }
}
