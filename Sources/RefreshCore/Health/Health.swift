/// The judgement of a snapshot: there is only this one, and every outlet shows it.
package struct Health: Equatable, Sendable {
    /// In rising order; a finding is a note or worse.
    package enum Severity: String, CaseIterable, Comparable, Sendable, Codable {
        case well
        /// Neither well nor unwell: there is nothing to judge yet, or nothing left to judge.
        case starting, stopping
        /// Worth knowing; nothing suffers.
        case note
        /// A person has to look at it today.
        case attention
        /// A person has to look at it now.
        case trouble

        package var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

        package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
    }

    /// Something worth reporting: what it is, what it means and what to do.
    package struct Finding: Equatable, Sendable, Codable {
        /// The subject, for programs; there is at most one finding of each kind.
        ///
        /// Findings of equal severity are in the order of this list.
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
        /// A command to run on the daemon's machine.
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

    /// A working scheduler completes a turn every minute, whatever happens outside.
    package static let longestTurn = Duration.seconds(120)

    /// The worst finding first.
    package let findings: [Finding]
    package let level: Severity
    /// The worst finding that a person has to look at, or that all is well.
    package let headline: String
    /// What is being done, what is wrong, and what comes next, in a line.
    package let summary: String
    /// Whether the daemon is alive: bad exactly when the watchdog would act, because a restart may help.
    package let liveness: Check
    /// Whether the daemon calls users, or would if it did not have to wait.
    package let readiness: Check

    package init(_ snapshot: FleetSnapshot) {
        let judge = HealthJudge(snapshot: snapshot)
        findings = judge.findings
        let worst = findings.first { $0.level >= .attention }
        level = judge.level(worst: findings.first)
        headline = judge.headline(worst: worst, at: level)
        summary = judge.summary(findings.filter { $0.level >= .attention })
        (liveness, readiness) = (judge.liveness, judge.readiness)
    }

    package func finding(_ kind: Finding.Kind) -> Finding? { findings.first { $0.kind == kind } }
}
