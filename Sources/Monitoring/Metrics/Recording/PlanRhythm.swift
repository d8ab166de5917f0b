package import RefreshCore
package import RefreshDaemon

/// Decides when to make the plan: at each quarter of an hour, and when users or rules changed.
///
/// It listens for changes and does not poll, so that an idle daemon sleeps from quarter to quarter.
package final class PlanRhythm: EventReporting {
    /// The least time between two plans, because a plan reads every user.
    package static let pace = Duration.seconds(15)
    /// How soon the first plan is tried again.
    package static let haste = Duration.seconds(1)

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
    package func keep(on time: any Timekeeping, _ plan: () async -> Bool) async {
        var hasPlan = false
        while !Task.isCancelled {
            let isMade = await plan()
            hasPlan = hasPlan || isMade
            if isMade {
                let next = QuarterHour(number: QuarterHour.number(of: time.now) + 1).start
                await changes.wait(until: next, atMost: QuarterHour.length, on: time)
            }
            do { try await time.sleep(for: hasPlan ? Self.pace : Self.haste) } catch { return }
        }
    }
}
