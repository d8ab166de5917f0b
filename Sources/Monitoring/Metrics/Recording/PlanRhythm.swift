package import RefreshCore
package import RefreshDaemon

/// Says when the plan is to be made: anew at each quarter of an hour, and when users or rules changed.
///
/// Hears of changes and asks nobody, so that an idle daemon sleeps from quarter to quarter.
package final class PlanRhythm: EventReporting {
    /// A plan reads every user, so no more often than this.
    package static let pace = Duration.seconds(15)
    /// How soon the first plan is tried again.
    package static let haste = Duration.seconds(1)

    private let changes = WakeSignal()

    package init() {}

    package func report(_ event: Event) {
        switch event {
        case .userAdded, .userUpdated, .usersImported, .usersSynced, .usersRegrouped, .userRenamed, .userRemoved,
            .reloaded, .clockStepped, .clockUncertain:
            changes.send()
        default: break
        }
    }

    /// Makes plans until cancelled; `plan` returns whether it could.
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
