import RefreshCore

/// Removes old attempts from the store while the daemon runs, a little at a time.
///
/// It looks every hour and makes a pass when one is due: at once after the bounds have changed, otherwise after a rest
/// of 1,000 times the duration of the last pass, at most a day. A pass that fails is made again after a minute: a
/// shared store gives up removing a day that somebody reads, so as not to hold up settlements.
///
/// While the calendar may be wrong, nothing is removed, unless no history is kept.
struct HistoryPruner {
    /// Users examined, and attempts removed, in one step: a few milliseconds of the store's time.
    static let stepLimit = 500
    static let interval = Duration.hours(1)
    private static let firstLook = Duration.minutes(5)
    private static let retry = Duration.minutes(1)
    /// The pause between two steps, so that the queue always comes first.
    private static let breath = Duration.milliseconds(50)
    private static let share = 1_000
    private static let longestRest = Duration.days(1)

    let store: any UserStore
    let settings: LiveSettings
    let time: any Timekeeping
    let clockGuard: ClockStepGuard
    /// Whether this daemon, of several, does the pruning.
    let isOnDuty: @Sendable () -> Bool

    /// Works until cancelled.
    func run() async {
        var done: (bounds: HistoryBounds, next: Duration)?
        var wait = Self.firstLook
        while (try? await time.sleep(for: wait)) != nil {
            wait = Self.interval
            // Read before the calendar is judged: a leap in between would otherwise be the moment to remove by.
            let now = time.now
            guard isOnDuty() else { continue }
            let bounds = settings.value.history
            guard bounds.isOff || !clockGuard.isDoubtful else { continue }
            if let done, done.bounds == bounds, time.uptime < done.next { continue }
            // A store that fails is reported by the parts that cannot work without it.
            guard let busy = try? await pass(bounds, now: now) else {
                wait = Self.retry
                continue
            }
            done = (bounds, time.uptime + min(busy * Self.share, Self.longestRest))
        }
    }

    /// Goes through all users once; returns how long the store worked.
    private func pass(_ bounds: HistoryBounds, now: Timestamp) async throws -> Duration {
        var place: Place?
        var busy = Duration.zero
        while true {
            let began = time.uptime
            let step = try await store.pruneHistory(to: bounds, now: now, after: place, limit: Self.stepLimit)
            busy += time.uptime - began
            switch step.next {
            case .again: break
            case .after(let next): place = next
            case .done: return busy
            }
            try await time.sleep(for: Self.breath)
        }
    }
}
