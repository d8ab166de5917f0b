package import RefreshCore
import Synchronization

/// Makes backups of the store by the plan while the daemon runs; calls never wait for one.
///
/// The first is due at once where the directory has none, else when the newest is old enough. After a failure it tries
/// again sooner than the plan says.
package final class BackupKeeper: Sendable {
    /// How often it looks at the plan, which a reload may have changed.
    static let look = Duration.minutes(1)
    /// After a failure, doubled with each further one.
    static let retries = Backoff(first: .minutes(5), ceiling: .hours(1), jitter: .upperHalf)

    private let store: any StoreBackingUp
    private let ledger: BackupLedger
    private let settings: LiveSettings
    private let time: any Timekeeping
    private let events: any EventReporting

    package init(
        store: any StoreBackingUp, ledger: BackupLedger, settings: LiveSettings, time: any Timekeeping,
        events: any EventReporting
    ) {
        self.store = store
        self.ledger = ledger
        self.settings = settings
        self.time = time
        self.events = events
    }

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
            // The daemon ends; the next one makes it.
            guard let detail = error.detail else { return }
            // Once for a run of failures: how old the last good one is, metrics and status tell.
            if work.failures == 0 { events.report(.backupFailed(detail: detail, last: work.last)) }
            work.failures += 1
            work.failure = detail
            work.nextTry = time.uptime + Self.retries.delay(work.failures)
        }
    }
}

/// How far one directory's backups are.
private struct Work {
    var plan: BackupPlan
    var last: Timestamp?
    let since: Timestamp
    var failures = 0
    var failure: String?
    /// On the steady clock.
    var nextTry = Duration.zero

    init(plan: BackupPlan, last: Timestamp?, since: Timestamp) {
        self.plan = plan
        self.last = last
        self.since = since
    }

    func isDue(now: Timestamp, uptime: Duration) -> Bool {
        if failures > 0 { return uptime >= nextTry }
        guard let last else { return true }
        // One that was taken in the future was so by a clock that was wrong.
        return last > now || last.duration(to: now) >= plan.every
    }

    var standing: BackupLedger.Standing {
        BackupLedger.Standing(every: plan.every, last: last, since: since, failure: failure)
    }
}

extension BackupFailure {
    /// What is wrong and what to do about it; nil where nothing is.
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

/// How backups stand, for whoever asks.
package final class BackupLedger: Sendable {
    package typealias Standing = FleetSnapshot.Backup

    private let state = Mutex<Standing?>(nil)

    package init() {}

    /// Nil while no backups are asked for.
    package var standing: Standing? { state.withLock(\.self) }

    func set(_ standing: Standing?) { state.withLock { $0 = standing } }
}

/// Where, how often and how many backups of the store are made.
package struct BackupPlan: Equatable, Sendable {
    package var directory: String
    package var every: Duration
    /// How many stay, the newest.
    package var keep: Int

    package init(directory: String, every: Duration, keep: Int) {
        self.directory = directory
        self.every = every
        self.keep = keep
    }
}
