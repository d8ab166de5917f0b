package import RefreshCore
import Synchronization

/// Makes backups of the store by the plan while the daemon runs; calls never wait for one.
///
/// The first is due at once if the directory has none, otherwise when the newest is old enough. After a failure the
/// keeper tries again sooner than the plan says.
struct BackupKeeper {
    /// How often the keeper looks at the plan, which a reload may have changed.
    static let look = Duration.minutes(1)
    /// The delay after a failure, doubled with each further one.
    static let retries = Backoff(first: .minutes(5), ceiling: .hours(1), jitter: .upperHalf)

    let store: any StoreBackingUp
    let ledger: BackupLedger
    let settings: LiveSettings
    let time: any Timekeeping
    let events: any EventReporting

    /// Works until cancelled.
    func run() async {
        var work: Work?
        repeat {
            work = await next(work)
            ledger.set(work?.standing)
        } while (try? await time.sleep(for: Self.look)) != nil
    }

    private func next(_ before: Work?) async -> Work? {
        guard let plan = settings.value.backup else { return nil }
        var work: Work
        if let before, before.plan.directory == plan.directory {
            work = before
            work.plan = plan
        } else {
            work = Work(plan: plan, last: await store.newestBackup(in: plan.directory), since: time.now)
            ledger.set(work.standing)
        }
        if work.isDue(now: time.now, uptime: time.uptime) { await backUp(&work) }
        return work
    }

    private func backUp(_ work: inout Work) async {
        do {
            let plan = work.plan
            let backup = try await store.backUp(to: plan.directory, keep: plan.keep, at: time.now)
            work.last = backup.mark.takenAt
            work.failures = 0
            work.failure = nil
            events.report(.backupMade(backup))
        } catch {
            // The daemon is stopping; the next one makes the backup.
            guard let detail = error.detail else { return }
            // Report a run of failures once: metrics and status show how old the last good backup is.
            if work.failures == 0 { events.report(.backupFailed(detail: detail, last: work.last)) }
            work.failures += 1
            work.failure = detail
            work.nextTry = time.uptime + Self.retries.delay(work.failures)
        }
    }
}

/// How far the backups in one directory have got.
private struct Work {
    var plan: BackupPlan
    var last: Timestamp?
    let since: Timestamp
    var failures = 0
    var failure: String?
    /// On the steady clock.
    var nextTry = Duration.zero

    func isDue(now: Timestamp, uptime: Duration) -> Bool {
        if failures > 0 { return uptime >= nextTry }
        guard let last else { return true }
        // A backup dated in the future was made while the clock was wrong.
        return last > now || last.duration(to: now) >= plan.every
    }

    var standing: BackupLedger.Standing {
        BackupLedger.Standing(every: plan.every, last: last, since: since, failure: failure)
    }
}

extension BackupFailure {
    /// What is wrong and what to do about it; nil if the backup was only cancelled.
    fileprivate var detail: String? {
        let (text, remedy): (String, String?)
        switch self {
        case .cancelled: return nil
        case .backup(let problem): (text, remedy) = (problem.description, problem.remedy)
        case .store(let problem): (text, remedy) = (problem.description, problem.remedy)
        }
        return text + (remedy.map { " (\($0))" } ?? "")
    }
}

/// The state of backups, for the parts that report it.
package final class BackupLedger: Sendable {
    package typealias Standing = FleetSnapshot.Backup

    private let state = Mutex<Standing?>(nil)

    package init() {}

    /// Nil while no backups are configured.
    package var standing: Standing? { state.withLock(\.self) }

    func set(_ standing: Standing?) { state.withLock { $0 = standing } }
}

/// Where and how often backups of the store are made, and how many are kept.
package struct BackupPlan: Equatable, Sendable {
    package var directory: String
    package var every: Duration
    /// How many of the newest backups stay.
    package var keep: Int

    package init(directory: String, every: Duration, keep: Int) {
        self.directory = directory
        self.every = every
        self.keep = keep
    }
}
