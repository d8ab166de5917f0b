package import RefreshCore
import Synchronization

/// Sleeps until a user falls due, leases what admission lets begin, hands it on, and sleeps again.
package final class Scheduler: Sendable {
    /// Leased in one transaction at most.
    static let batchLimit = 500
    /// So much later than asked for no wait ends on a machine that is awake.
    private static let suspicion = Duration.seconds(10)

    private let store: any UserStore
    private let gate: AdmissionGate
    private let calls: CallQueue
    private let settings: LiveSettings
    private let time: any Timekeeping
    private let events: any EventReporting
    private let doorbell: Doorbell
    private let pulse: Pulse
    private let isStopping = Mutex(false)
    private let rewriteWanted = Mutex(false)

    package init(
        store: any UserStore, gate: AdmissionGate, calls: CallQueue, settings: LiveSettings,
        time: any Timekeeping, events: any EventReporting, doorbell: Doorbell, pulse: Pulse
    ) {
        self.store = store
        self.gate = gate
        self.calls = calls
        self.settings = settings
        self.time = time
        self.events = events
        self.doorbell = doorbell
        self.pulse = pulse
    }

    /// Takes no more leases; `run` returns after the turn it is in.
    package func stop() {
        isStopping.withLock { $0 = true }
        doorbell.ring()
    }

    package var isStopped: Bool { isStopping.withLock { $0 } }

    /// Has every user's schedule computed anew before the next lease, after the rules changed.
    package func reschedule() {
        rewriteWanted.withLock { $0 = true }
        doorbell.ring()
    }

    package func run() async {
        var trouble = StoreTrouble(events: events)
        var steps = ClockStepWatch()
        _ = steps.step(at: time.reading)
        await catchUpWithCalendar(&trouble)
        while !isStopped, !Task.isCancelled {
            let wake: Timestamp
            do {
                if let step = steps.step(at: time.reading) { try await follow(step) }
                if takeRewriteWanted() {
                    do {
                        try await rewriteAll { [settings, time] user in
                            NextStep.reanchored(user, policy: settings.value.policies.policy(for: user), now: time.now)
                        }
                    } catch {
                        reschedule()
                        throw error
                    }
                }
                wake = try await turn()
                trouble.ended()
                await pulse.turnCompleted(nextDue: wake)
            } catch {
                let pause = trouble.occurred(error)
                // A store that refuses to write but answers is no reason to be killed: there is nothing to restart.
                if (try? await store.nextDue()) != nil { await pulse.turnCompleted(nextDue: nil) }
                wake = time.now.advanced(by: pause)
            }
            let slept = time.uptime
            await doorbell.wait(until: wake, atMost: pulse.interval, on: time)
            // Nobody sleeps that long but a machine that was suspended, or a process that was stopped.
            if time.uptime - slept > pulse.interval + Self.suspicion { gate.beginSlowly() }
        }
    }

    private func takeRewriteWanted() -> Bool {
        rewriteWanted.withLock { wanted in
            defer { wanted = false }
            return wanted
        }
    }

    /// Starts what may start now and returns when the next turn is worth taking.
    private func turn() async throws -> Timestamp {
        gate.passTime()
        while !isStopped {
            let now = time.now
            guard let due = try await store.nextDue() else { return .distantFuture }
            guard due <= now else { return due }
            switch gate.reserve(upTo: Self.batchLimit, forSchedule: true) {
            case .refused(.rate(let until)), .refused(.slowStart(let until)), .refused(.throttled(let until)):
                return until
            case .refused(.breaker(let until)), .refused(.paused(let until)): return until ?? .distantFuture
            case .refused(.concurrency): return .distantFuture
            case .begun(let ticket, let count):
                guard try await lease(count, ticket: ticket, now: now) > 0 else {
                    // Somebody else took what was due; look again soon, not at once.
                    return now.advanced(by: .seconds(1))
                }
            }
        }
        return .distantFuture
    }

    private func lease(_ count: Int, ticket: Admission.Ticket, now: Timestamp) async throws -> Int {
        let leased: [LeasedUser]
        do {
            leased = try await store.leaseDue(
                now: now, until: now.advanced(by: settings.value.leaseDuration), limit: count)
        } catch {
            gate.cancel(ticket, count: count)
            throw error
        }
        gate.cancel(ticket, count: count - leased.count)
        for (index, user) in leased.enumerated() {
            let call = Call(leased: user, ticket: ticket, trigger: .schedule, completion: nil)
            guard calls.submit(call) else {
                gate.cancel(ticket, count: leased.count - index)
                try await store.release(leased[index...].map(\.lease))
                break
            }
        }
        return leased.count
    }

    /// At the start: a calendar that shows less than when a daemon last worked was set back while none ran.
    private func catchUpWithCalendar(_ trouble: inout StoreTrouble) async {
        do {
            let now = time.now
            if let lastSeen = try await store.lastSeen(), now.advanced(by: .minutes(1)) < lastSeen {
                events.report(.clockStepped(by: lastSeen.duration(to: now)))
                try await rewriteAll { [settings] user in
                    NextStep.reanchored(user, policy: settings.value.policies.policy(for: user), now: now)
                }
            }
            try await store.setLastSeen(now)
        } catch {
            _ = trouble.occurred(error)
        }
    }

    private func follow(_ step: Duration) async throws {
        events.report(.clockStepped(by: step))
        // Forward, a whole turn of the circle may be due at once.
        gate.beginSlowly()
        let now = time.now
        try await rewriteAll { [settings] user in
            NextStep.afterClockStep(user, by: step, policy: settings.value.policies.policy(for: user), now: now)
        }
        try await store.setLastSeen(now)
    }

    private func rewriteAll(_ change: @escaping @Sendable (User) -> User) async throws {
        var place: Place?
        repeat {
            place = try await store.rewrite(after: place, limit: 1_000) { user in
                let next = change(user)
                return next == user ? nil : next
            }
            await pulse.turnCompleted(nextDue: nil)
        } while place != nil
    }
}
