package import RefreshCore
import Synchronization

/// Checks now and then whether anything holds that the operator wants to be alerted to.
///
/// It has no timer: completed turns of the scheduler, at least one a minute, wake it. Cheap figures are measured once a
/// minute. Users are read once in five minutes, or once an hour in a fleet in which nothing happens.
package final class AlertMonitor: Sendable {
    static let interval = Duration.minutes(1)
    static let surveyInterval = Duration.minutes(5)
    static let quietSurveyInterval = Duration.hours(1)

    private static let surveyed: Set<AlertKind> = [
        .rejected, .refused, .refusedCalls, .api, .failing, .stale, .expiring,
    ]

    private struct State {
        var board = AlertBoard()
        var lastWoken: Duration?
        var lastSurvey: Duration?
        var attemptsAtSurvey = 0
        var policyAtSurvey: AlertPolicy?
        /// The alerts in the store; nil before it was asked.
        var stored: [Alert]?
    }

    private let state = Mutex(State())
    private let wakeUps = WakeSignal()
    private let store: any UserStore
    private let gate: AdmissionGate
    private let observer: FleetObserver
    private let settings: LiveSettings
    private let time: any Timekeeping
    private let events: any EventReporting
    private let isOnDuty: @Sendable () -> Bool

    package init(
        store: any UserStore, gate: AdmissionGate, observer: FleetObserver, settings: LiveSettings,
        time: any Timekeeping, events: any EventReporting, isOnDuty: @escaping @Sendable () -> Bool = { true }
    ) {
        self.store = store
        self.gate = gate
        self.observer = observer
        self.settings = settings
        self.time = time
        self.events = events
        self.isOnDuty = isOnDuty
    }

    /// Called at the end of every turn of the scheduler in which the store answered, or its server was away; costs little.
    package func turnCompleted() {
        let uptime = time.uptime
        let isDue = state.withLock { state in
            if let last = state.lastWoken, uptime - last < Self.interval { return false }
            state.lastWoken = uptime
            return true
        }
        if isDue { wakeUps.send() }
    }

    /// Works until cancelled.
    func run() async {
        while !Task.isCancelled {
            await wakeUps.wait()
            guard !Task.isCancelled else { return }
            // The scheduler reports a store that fails; whatever still holds is found at the next turn.
            try? await evaluate()
        }
    }

    private func evaluate() async throws {
        guard isOnDuty() else { return try await followOthers() }
        try await restore()
        let policy = settings.value.alerts
        var readings: [AlertKind: AlertReading] = [:]
        let lag = try await lag()
        // What one question lacks must not hide the answers to the others.
        try? await countIfWanted(lag: lag)
        if policy.isEnabled {
            if policy.late.threshold != nil { readings[.late] = lateness(lag) }
            if takeSurveyDue(policy) {
                do { try await survey(policy, into: &readings) } catch {
                    state.withLock { $0.lastSurvey = nil }
                }
            }
        }
        guard !Task.isCancelled else { return }
        let clock = time.reading
        let (changes, raised, isStored) = state.withLock { state in
            let changes = state.board.observe(readings, policy: policy, at: clock)
            return (changes, state.board.raised, state.stored?.map(\.kind) == state.board.raised.map(\.kind))
        }
        observer.note(raised: raised)
        for change in changes { events.report(change) }
        // Events come first: after a crash before the write, an alert is reported twice rather than never.
        guard !isStored else { return }
        try await store.setRaisedAlerts(raised)
        state.withLock { $0.stored = raised }
    }

    /// Shows what the daemon on duty raised; this daemon takes that over when it gets the duty.
    private func followOthers() async throws {
        state.withLock { state in
            state.stored = nil
            state.board = AlertBoard()
            state.lastSurvey = nil
        }
        observer.note(raised: try await store.raisedAlerts())
        try await countIfWanted(lag: try await lag())
    }

    /// Takes over the alerts that an earlier run raised.
    private func restore() async throws {
        guard state.withLock({ $0.stored == nil }) else { return }
        let stored = try await store.raisedAlerts()
        let clock = time.reading
        state.withLock { state in
            state.board.restore(stored, at: clock)
            state.stored = stored
        }
        observer.note(raised: stored)
    }

    private func takeSurveyDue(_ policy: AlertPolicy) -> Bool {
        let uptime = time.uptime
        let attempts = observer.sources.counters.total
        return state.withLock { state in
            if let last = state.lastSurvey, policy == state.policyAtSurvey {
                let isAstir = attempts != state.attemptsAtSurvey || state.board.isAstir(Self.surveyed)
                guard uptime - last >= (isAstir ? Self.surveyInterval : Self.quietSurveyInterval) else { return false }
            }
            state.lastSurvey = uptime
            state.attemptsAtSurvey = attempts
            state.policyAtSurvey = policy
            return true
        }
    }

    /// How late the oldest call is; nil when no user will ever be due.
    private func lag() async throws -> Duration? {
        let now = time.now
        return try await store.nextDue().map { max(.zero, $0.duration(to: now)) }
    }

    /// Counts if needed, so that what is shown without asking the store, such as `STATUS=`, rests on recent counts.
    private func countIfWanted(lag: Duration?) async throws {
        let isLate = lag.map { $0 >= Lateness.shortest } ?? false
        if let latest = observer.latestCount, !isLate, latest.lag < Lateness.shortest, latest.age < Self.surveyInterval
        {
            return
        }
        try await observer.count()
    }

    /// Unknown while a pause or a suspension, both reported already, holds calls back.
    private func lateness(_ lag: Duration?) -> AlertReading {
        guard let lag else { return .figure(Alert.Figure(value: 0)) }
        guard gate.fleetPause == nil, !gate.isSuspended else { return .unknown }
        return .figure(Alert.Figure(value: lag.inSeconds))
    }

    private func survey(_ policy: AlertPolicy, into readings: inout [AlertKind: AlertReading]) async throws {
        let now = time.now
        let policies = settings.value.policies
        func staleBefore(_ rules: UserPolicy) -> Timestamp {
            let span = rules.cadence.every * policy.staleTurns
            return now.advanced(by: .zero - span)
        }
        let standard = staleBefore(policies.standard)
        let question = FleetSurvey.Question(
            now: now, window: policy.window, windows: AlertPolicy.windows, staleBefore: standard,
            staleBeforeByGroup: policies.groups.mapValues(staleBefore).filter { $0.value != standard })
        guard let survey = try await store.survey(question) else { throw CancellationError() }
        for kind in AlertKind.allCases {
            guard let outcomes = kind.outcomes, let threshold = policy[kind].threshold else { continue }
            readings[kind] = .figure(
                survey.share(
                    of: outcomes, threshold: threshold, minimumUsers: policy.minimumUsers, window: policy.window))
        }
        readings[.stale] = .figure(survey.staleShare(minimumUsers: policy.minimumUsers, turns: policy.staleTurns))
        // The breaker and throttling are reported separately, and leave failures behind in the window.
        if gate.isSuspended || gate.wasSuspended(within: policy.window) {
            readings[.api] = .unknown
            readings[.failing] = .unknown
        }
        if gate.isSuspended || gate.fleetPause != nil { readings[.stale] = .unknown }
        var problem: StoreProblem?
        if policy.refusedCalls.threshold != nil {
            let since = now.advanced(by: .zero - RefusalCount.memory)
            do throws(StoreProblem) {
                readings[.refusedCalls] = .figure(try await store.refusalCount(parkedSince: since).figure)
            } catch {
                problem = error
            }
        }
        if policy.expiring.threshold != nil {
            let end = now.advanced(by: policy.expiringWithin)
            // Tokens that are renewed expire all the time and concern no one.
            let count =
                settings.value.renewsTokens
                ? try await store.unrenewedTokensExpiring(after: now, until: end)
                : try await store.tokensExpiring(after: now, until: end)
            readings[.expiring] = .figure(
                Alert.Figure(value: Double(count), users: count, span: policy.expiringWithin.inSeconds))
        }
        if let problem { throw problem }
    }
}
