/// What is to be made of a snapshot: the one judgement, which every outlet shows.
package struct Health: Equatable, Sendable {
    /// In rising order; a finding is a note or worse.
    package enum Severity: String, CaseIterable, Comparable, Sendable, Codable {
        case well
        /// Neither well nor not: there is nothing to judge yet, or no more.
        case starting, stopping
        /// Worth knowing; nothing suffers.
        case note
        /// Somebody has to look at it today.
        case attention
        /// Somebody has to look at it now.
        case trouble

        package var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

        package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
    }

    /// Something worth saying: what it is, what it means and what to do.
    package struct Finding: Equatable, Sendable, Codable {
        /// What it is about, for programs: there is one of a kind at most.
        ///
        /// Among equals the first here is told first.
        package enum Kind: String, CaseIterable, Sendable, Codable {
            case daemonDown, schedulerStuck, storeFailing, outOfTouch, settingsNotTaken, settingsAwaited, storeSlow
            case storeLogGrows
            case paused, breakerOpen, throttled, late, callsFailing
            case alertFailing, alertAPI, alertRejected, alertRefused, alertRefusedCalls, alertStale
            case backingOff, parkedUnauthorized, parkedForbidden, parkedRefused, renewalsSuspended, tokensExpiring
            case memberMissing, settingsDiffer, clockApart, backupMissing, reloadRefused, journalDropped
        }

        package let kind: Kind
        package let level: Severity
        /// Short, as a headline.
        package let title: String
        package let detail: String
        /// To be run on the daemon's machine.
        package let command: String

        package init(_ kind: Kind, _ level: Severity, _ title: String, _ detail: String, _ command: String) {
            self.kind = kind
            self.level = level
            self.title = title
            self.detail = detail
            self.command = command
        }
    }

    /// The answer to a probe of a service manager or a load balancer.
    package struct Check: Equatable, Sendable {
        package let isGood: Bool
        package let words: String
    }

    /// A scheduler that lives completes a turn a minute, whatever happens outside.
    package static let longestTurn = Duration.seconds(120)

    /// The worst first.
    package let findings: [Finding]
    package let level: Severity
    /// The worst finding that somebody has to look at, or that all is well.
    package let headline: String
    /// What is being done, what is wrong, and what comes next, in a line.
    package let summary: String
    /// Whether the daemon lives: bad where the watchdog strikes, for a restart may help, and nowhere else.
    package let liveness: Check
    /// Whether it calls users, or would if it were not told to wait.
    package let readiness: Check

    package init(_ snapshot: FleetSnapshot) {
        let judge = HealthJudge(snapshot: snapshot)
        findings = judge.findings
        let worst = findings.first { $0.level >= .attention }
        level = judge.level(worst: findings.first)
        headline = judge.headline(worst: worst)
        summary = judge.summary(findings.filter { $0.level >= .attention })
        (liveness, readiness) = (judge.liveness, judge.readiness)
    }

    package func finding(_ kind: Finding.Kind) -> Finding? { findings.first { $0.kind == kind } }
}
