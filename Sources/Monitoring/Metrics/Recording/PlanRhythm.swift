package import RefreshCore
package import RefreshDaemon

/// Decides when to make the plan: at each quarter of an hour, and when users or rules changed.
///
/// It listens for changes and does not poll, so that an idle daemon sleeps from quarter to quarter.
package final class PlanRhythm: EventReporting {
    /// The least time between two plans, because a plan reads every user.
    package static let pace = Duration.seconds(15)
    /// How soon the first plan is tried again when it fails for the first time.
    package static let haste = Duration.seconds(1)

    /// The clock may have gone on while the machine did not.
    private static let longestRest = Duration.hours(1)

    private let changes = WakeSignal()

    package init() {}

    package func report(_ event: Event) {
        switch event {
        case .userAdded, .userUpdated, .userPaused, .userResumed, .userRenamed, .userRemoved, .usersImported,
            .usersSynced, .usersRegrouped, .reloaded, .clockStepped, .clockUncertain:
            changes.send()
        default: break
        }
    }

    /// Makes plans until cancelled; `plan` returns whether it succeeded.
    ///
    /// After a failure, it waits ever longer, up to a quarter of an hour. It rests at least ten times as long as a plan
    /// took, up to an hour, so that slow plans take less than a tenth of the time.
    package func keep(on time: any Timekeeping, _ plan: () async -> Bool) async {
        var retry = Self.haste
        while !Task.isCancelled {
            let began = time.uptime
            let isMade = await plan()
            let ended = time.uptime
            let rest = min((ended - began) * 10, Self.longestRest)
            let pause: Duration
            if isMade {
                let next = QuarterHour(number: QuarterHour.number(of: time.now) + 1).start
                await changes.wait(until: next, atMost: QuarterHour.length, on: time)
                pause = max(Self.pace, rest - (time.uptime - ended))
                retry = Self.pace
            } else {
                pause = max(retry, rest)
                retry = min(retry * 2, QuarterHour.length)
            }
            do { try await time.sleep(for: pause) } catch { return }
        }
    }
}
