package import RefreshCore
import Synchronization

/// The work as a whole: recovers lost leases, schedules, calls, settles, and drains when told to stop.
package final class Daemon: Sendable {
    package let settings: LiveSettings
    package let gate: AdmissionGate
    package let scheduler: Scheduler
    /// Knows the state of all users and of the work.
    package let observer: FleetObserver
    let ports: Ports
    let wakeSignal: WakeSignal
    let clockGuard: ClockStepGuard
    let flow: CallFlow
    let renewer: Renewer
    let counters = OutcomeCounters()
    let alerts: AlertMonitor
    /// Nil where the daemon does not share its store.
    package let fleet: FleetKeeper?
    let sharedSettings: FleetSettingsKeeper?
    let application: SettingsApplication
    let reloads: ReloadMemory
    private let settlements: SettlementQueue
    private let refresher: Refresher
    private let recovery: LeaseRecovery
    private let tokensAtRisk = TokensAtRisk()
    /// Nil where no backups can be made.
    private let backupKeeper: BackupKeeper?
    private let isPrepared = Mutex(false)
    private let isReady = Mutex(false)
    private let patienceEnded = WakeSignal()
    private let stopAsked = WakeSignal()

    private var store: any UserStore { ports.store }
    private var notifier: any ServiceNotifying { ports.notifier }
    /// The clocks that users' moments are on.
    package var time: any Timekeeping { ports.time }
    private var events: any EventReporting { ports.events }

    /// Builds and connects the parts of the work; nothing begins before `run`.
    ///
    /// All randomness comes from `seed`, which must differ between daemons that call the same API.
    package init(_ ports: Ports, settings initial: DaemonSettings, seed: UInt64) {
        var ports = ports
        let calendar = ports.fleet.map { _ in SharedCalendar(over: ports.time) }
        if let calendar { ports.time = calendar }
        self.ports = ports
        let (store, time, events) = (ports.store, ports.time, ports.events)
        settings = LiveSettings(initial)
        wakeSignal = WakeSignal()
        let rewriting = RewriteWish(wakeSignal)
        let context = WorkContext(
            settings: settings, time: time, events: events, wakeSignal: wakeSignal, rewriting: rewriting,
            callWindow: ports.fleet == nil ? nil : CallWindow.span, latencies: ports.latencies)
        // No one here sets a shared calendar; the fleet follows its steps.
        clockGuard = ClockStepGuard(time: time, wakeSignal: wakeSignal, followsSteps: calendar == nil)
        gate = AdmissionGate(
            policy: initial.admission, time: time, events: events, wakeSignal: wakeSignal, seed: seed)
        flow = CallFlow(gate: gate, context: context)
        renewer = Renewer(
            tight: ports.renewing, vault: ports.vault, store: store,
            gate: RenewalGate(settings: settings, time: time, events: events, seed: seed &+ 2),
            tokensAtRisk: tokensAtRisk, context: context, seed: seed &+ 3)
        reloads = ReloadMemory(startedAt: time.now)
        application = SettingsApplication(
            settings: settings, gate: gate, rewriting: rewriting, reloads: reloads, time: time)
        if let port = ports.fleet, let calendar {
            sharedSettings = ports.shared.map { [application] in
                FleetSettingsKeeper(fleet: port, source: $0, application: application, events: events)
            }
            fleet = FleetKeeper(
                fleet: port, calendar: calendar, gate: gate, shared: sharedSettings, context: context,
                report: { [counters, describe = ports.memberReport] in
                    var report = describe()
                    report.calls = counters.total
                    return report
                })
        } else {
            (sharedSettings, fleet) = (nil, nil)
        }
        let health = StoreHealth(events: events, time: time)
        settlements = SettlementQueue(
            store: store, time: time, health: health, wakeSignal: wakeSignal, latencies: ports.latencies)
        let backups = BackupLedger()
        observer = FleetObserver(
            store: store,
            sources: FleetObserver.Sources(
                gate: gate, settings: settings, health: health, counters: counters, renewer: renewer, backups: backups,
                showFleet: { [fleet] in fleet?.show(in: &$0) }, journal: ports.journal),
            time: time)
        alerts = AlertMonitor(
            store: store, gate: gate, observer: observer, settings: settings, time: time, events: events,
            isOnDuty: { [fleet] in fleet?.has(.alerts) ?? true })
        let watchdog = WatchdogReporter(notifier: ports.notifier, observer: observer, time: time, alerts: alerts)
        scheduler = Scheduler(
            store: store, flow: flow, settlements: settlements, clockGuard: clockGuard, watchdog: watchdog,
            renewer: renewer, context: context)
        refresher = Refresher(
            caller: BankCaller(bank: ports.bank, vault: ports.vault, renewer: renewer, time: time), flow: flow,
            settlements: settlements, clockGuard: clockGuard,
            steps: StepDecider(
                refusals: RefusalWatch(store: store, time: time), tokensAtRisk: tokensAtRisk, settings: settings,
                seed: seed &+ 1),
            counters: counters, context: context)
        backupKeeper = ports.backingUp.map { [settings] in
            BackupKeeper(store: $0, ledger: backups, settings: settings, time: time, events: events)
        }
        recovery = LeaseRecovery(
            store: store, refresher: refresher, settlements: settlements, settings: settings, notifier: ports.notifier,
            time: time)
    }

    /// The watch that the caller runs alongside the daemon.
    package var placeWatch: StorePlaceWatch { StorePlaceWatch(store: store, wakeSignal: wakeSignal, time: time) }

    /// Follows what happened to the clocks while no daemon ran; `run` does so too if it was not done before.
    ///
    /// Throws what the store throws: a daemon that cannot write does not begin.
    package func prepare() async throws(StoreProblem) {
        guard !isPrepared.withLock({ exchange(&$0, with: true) }) else { return }
        if let fleet { return try await fleet.join() }
        // A start that makes progress must not be killed for being slow.
        try await scheduler.catchUp { [notifier] in notifier.extendTimeout(by: .minutes(1)) }
    }

    /// Runs until `stop`, then waits for the calls in flight and gives up those that outlast the drain.
    ///
    /// Calls `onReady` once recovery is complete.
    package func run(onReady: @escaping @Sendable () -> Void = {}) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.settlements.run() }
            group.addTask {
                // However the work ends, the queue first writes what it holds and then ends.
                do { try await self.work(onReady) } catch {
                    self.settlements.close(hasty: true)
                    throw error
                }
                self.settlements.close()
            }
            try await group.waitForAll()
        }
    }

    /// Begins the stop: no new leases.
    ///
    /// `run` returns when the calls in flight have ended or were given up.
    package func stop() {
        scheduler.stop()
        stopAsked.send()
    }

    /// Without client credentials tokens expire, and only the operator can supply new ones.
    private func whoExpires() async throws(StoreProblem) -> Event {
        let expiring = try await store.tokensExpiring(after: .epoch, until: .distantFuture)
        return .renewalsOff(expiring: expiring, first: try await store.firstToExpire(limit: 10))
    }

    private enum Stage { case schedulerEnded, drainOver, graceOver, callsEnded, upkeepEnded }

    private func work(_ onReady: () -> Void) async throws {
        try await prepare()
        try await fleet?.awaitSettings(unless: { scheduler.isStopped }) { [notifier] in
            notifier.extendTimeout(by: .minutes(1))
            notifier.status(scheduler.watchdog.statusLine(nextDue: nil))
        }
        let givenUp = try await withThrowingTaskGroup(of: Void.self) { group in
            // Other daemons count this one and, if another server takes over, wait for its report, so it beats at once.
            group.addTask { await self.fleet?.run { self.isReady.withLock(\.self) && !self.scheduler.isStopped } }
            defer { group.cancelAll() }
            do {
                try await begin()
            } catch {
                await fleet?.leave()
                throw error
            }
            onReady()
            return await live()
        }
        await fleet?.leave()
        events.report(.stopped(givenUp: givenUp))
    }

    /// Recovers what a previous run left in the store, and reports readiness.
    private func begin() async throws {
        try await patiently {
            try await RestorationKeeper(
                store: store, tokens: tokensAtRisk, settings: settings, notifier: notifier, time: time, events: events
            ).run()
        }
        try await restorePause()
        try await patiently(recoverUnlessStopped)
        let nextDue = try await patiently(store.nextDue)
        let census = try await patiently { try await store.census(now: time.now) }
        let unknown = settings.value.policies.unknown(try await patiently(store.groupSizes))
        let expiry = settings.value.renewsTokens ? nil : try await patiently(whoExpires)
        isReady.withLock { $0 = true }
        notifier.ready(status: scheduler.watchdog.statusLine(nextDue: nextDue))
        let found = fleet?.latest
        events.report(
            .ready(
                users: census.users, overdue: census.overdue, server: found?.answeredBy,
                others: found.map { found in found.living.filter { $0.id != found.member }.map(\.name) } ?? []))
        if !unknown.isEmpty { events.report(.groupsUnknown(unknown)) }
        if let expiry { events.report(expiry) }
    }

    /// Retries what a start needs of a shared store while the store does not answer.
    ///
    /// Another server may take its place, and would wait in vain for the report of a daemon that ended.
    private func patiently<Value>(_ body: () async throws -> Value) async throws -> Value {
        let deadline = time.uptime + Self.startPatience
        while true {
            do {
                let value = try await body()
                observer.sources.health.works(for: .start)
                return value
            } catch let problem as StoreProblem {
                guard case .unreachable = problem, fleet != nil, time.uptime < deadline, !scheduler.isStopped else {
                    throw problem
                }
                observer.sources.health.failed(problem, for: .start)
            }
            notifier.extendTimeout(by: .minutes(1))
            notifier.status(scheduler.watchdog.statusLine(nextDue: nil))
            try await time.sleep(for: .seconds(1))
        }
    }

    private static let startPatience = Duration.minutes(1)

    /// Makes calls until told to stop and the last call has ended; returns how many were given up.
    private func live() async -> Int {
        var givenUp = 0
        await withTaskGroup(of: Stage.self) { stages in
            stages.addTask {
                await self.scheduler.run()
                return .schedulerEnded
            }
            stages.addTask {
                await self.makeCalls()
                return .callsEnded
            }
            stages.addTask {
                await self.keepUp()
                return .upkeepEnded
            }
            for await stage in stages {
                switch stage {
                case .upkeepEnded: break
                case .schedulerEnded:
                    let drain = beginDrain()
                    stages.addTask { await self.stage(.drainOver, after: drain) }
                case .drainOver:
                    guard !Task.isCancelled, gate.inFlight + settlements.unsettled > 0 else { break }
                    givenUp = gate.inFlight
                    patienceEnded.send()
                    stages.addTask { await self.stage(.graceOver, after: Self.grace) }
                case .graceOver:
                    // The store does not accept the results; their leases are recovered as `unknown` at the next start.
                    settlements.abandon()
                case .callsEnded:
                    stages.cancelAll()
                }
            }
        }
        await scheduler.handBackUnused()
        return givenUp
    }

    /// Does until cancelled what goes on beside the calls.
    private func keepUp() async {
        let pruner = HistoryPruner(
            store: store, settings: settings, time: time, clockGuard: clockGuard,
            isOnDuty: { [fleet] in fleet?.has(.history) ?? true })
        await withDiscardingTaskGroup { group in
            group.addTask { await pruner.run() }
            group.addTask { await self.alerts.run() }
            group.addTask { await self.backupKeeper?.run() }
            guard fleet != nil else { return }
            group.addTask { await self.recovery.keepUp { !self.scheduler.isStopped && !self.gate.isOutOfTouch } }
        }
    }

    /// How long settling the calls that were given up may take.
    private static let grace = Duration.seconds(5)

    private func stage(_ stage: Stage, after duration: Duration) async -> Stage {
        try? await time.sleep(for: duration)
        return stage
    }

    private func beginDrain() -> Duration {
        let inFlight = gate.inFlight
        let drain = settings.value.drain
        notifier.stopping(status: "Stopping: waiting for \(inFlight) calls in flight, at most \(drain.roundedText)")
        notifier.extendTimeout(by: drain + Self.grace + .seconds(10))
        events.report(.stopping(inFlight: inFlight))
        flow.close()
        return drain
    }

    /// Runs calls as they come, until the stream is closed and the last call is settled, or the drain is over.
    private func makeCalls() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await withDiscardingTaskGroup { calls in
                    // Without an executor, calls run where the daemon does; optimised, a nil preference fails to do so.
                    guard let executor = self.refresher.executor else {
                        for await call in self.flow.calls {
                            calls.addTask { await self.refresher.perform(call) }
                        }
                        return
                    }
                    for await call in self.flow.calls {
                        calls.addTask(executorPreference: executor) { await self.refresher.perform(call) }
                    }
                }
                await self.settlements.allSettled()
            }
            group.addTask { await self.patienceEnded.wait() }
            await group.next()
            group.cancelAll()
        }
    }

    /// Restores the operator's pause, which survives a restart, and reminds the operator of it.
    private func restorePause() async throws(StoreProblem) {
        // In a fleet, the first beat has applied the pause.
        guard fleet == nil, let pause = try await store.fleetPause() else { return }
        if let until = pause.until, until <= time.now { return try await store.setFleetPause(nil) }
        gate.pauseFleet(pause)
        events.report(.fleetPaused(pause))
    }

    /// Recovers lost leases; a store that rejects the results must not keep the daemon from stopping.
    private func recoverUnlessStopped() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.recovery.run() }
            group.addTask {
                await self.stopAsked.wait()
                do { try await self.time.sleep(for: Self.grace) } catch { return }
                self.settlements.abandon()
                // Recovery ends at this point; this task must not end first.
                await self.patienceEnded.wait()
            }
            try await group.next()
            group.cancelAll()
        }
    }
}
