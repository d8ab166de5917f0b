import RefreshCore
import Synchronization

/// Keeps this daemon a member of the fleet that shares its store, and applies what all members must do alike.
///
/// A member beats every two seconds. If there are others, it takes no leases for its first five seconds, until all
/// count it, nor when its last beat is older than five seconds: at six, the others take over its share.
package final class FleetKeeper: Sendable {
    static let interval = Duration.seconds(2)
    private static let shortestInterval = Duration.milliseconds(200)
    /// Nothing is leased when the last beat is older than this.
    static let patience = Duration.seconds(5)
    /// Living members have taken new settings within this time; a dead member is noticed sooner.
    private static let longestTaking = Duration.seconds(10)
    /// How long a start waits for the fleet's settings; after a server takeover, they are known within this time.
    private static let longestJoining = Duration.seconds(20)

    private struct State {
        var latest: FleetState?
        /// The living members as last reported; nil before the first beat.
        var told: [FleetMember]?
        /// When the beat that returned `latest` was sent, on the steady clock.
        var heardAt: Duration?
        /// When the first beat was answered, or the first after a silence in which the others gave this member up.
        var joinedAt = Duration.zero
        /// Whether all others count this member.
        var isCounted = false
        var beats = 0
        /// The number of the beat after which duties are asked for.
        var dutyBeat = 0
        var duties: Set<FleetDuty> = []
        /// Why the latest beat failed; nil if it did not.
        var problem: StoreProblem?
        var isStopped = false
    }

    private let state = Mutex(State())
    /// Nil where each daemon follows its own settings.
    private let shared: FleetSettingsKeeper?
    private let fleet: any FleetSharing
    private let calendar: SharedCalendar
    private let gate: AdmissionGate
    private let limits: FleetLimits
    private let settings: LiveSettings
    private let events: any EventReporting
    private let wakeSignal: WakeSignal
    /// What this member reports about itself, apart from what the gate knows.
    private let report: @Sendable () -> MemberReport
    /// Ends the wait for the next beat.
    private let hurry = WakeSignal()

    init(
        fleet: any FleetSharing, calendar: SharedCalendar, gate: AdmissionGate, shared: FleetSettingsKeeper?,
        context: WorkContext, report: @escaping @Sendable () -> MemberReport
    ) {
        self.fleet = fleet
        self.calendar = calendar
        self.gate = gate
        self.shared = shared
        limits = FleetLimits(fleet: fleet, calendar: calendar, gate: gate, wakeSignal: context.wakeSignal)
        settings = context.settings
        events = context.events
        wakeSignal = context.wakeSignal
        self.report = report
        gate.attach(FleetTerms())
        gate.onSuspensionChange { [hurry] in hurry.send() }
    }

    /// How the fleet stood at the latest beat; nil before the first.
    var latest: FleetState? { state.withLock(\.latest) }

    /// Adds what is known of the fleet; nothing before the first beat.
    func show(in snapshot: inout FleetSnapshot) {
        let (latest, problem) = state.withLock { ($0.latest, $0.problem) }
        guard let latest else { return }
        snapshot.fleet = latest
        snapshot.clockAhead = calendar.ownAhead
        snapshot.fleetProblem = problem?.description
        snapshot.settingsProblem = shared?.problem
        snapshot.areSettingsAwaited = !hasSettings
    }

    /// Whether the settings that this member must follow are known.
    private var hasSettings: Bool { shared.map { $0.version != nil } ?? true }

    /// Whether this member has `duty`, as far as it knows.
    func has(_ duty: FleetDuty) -> Bool { !gate.isOutOfTouch && state.withLock { $0.duties.contains(duty) } }

    /// Makes the first beat, which puts the store's calendar in force; throws what the store throws.
    ///
    /// A member with this member's name may be its crashed predecessor: others count that until it has been silent for
    /// long enough.
    func join() async throws(StoreProblem) {
        let begun = calendar.uptime
        // Of a row that a crash left behind, others forget within that time.
        var deadline: Duration?
        while true {
            do throws(StoreProblem) {
                try await beat()
                let isLate = calendar.uptime - begun >= Self.longestJoining
                if calendar.ownAhead != nil, hasSettings || isLate { return }
                if isLate {
                    throw StoreProblem.unreachable(
                        place: fleet.place, detail: "its answers take too long to tell the time by them")
                }
            } catch {
                if case .memberOfSameName = error, deadline == nil {
                    deadline = calendar.uptime + FleetMember.patience * 2
                }
                switch error {
                case .memberOfSameName where calendar.uptime < (deadline ?? .zero): break
                // Others already count this member and, if another server takes over, wait for its report.
                case .unreachable where latest != nil && calendar.uptime - begun < Self.longestJoining: break
                default:
                    // Others must not miss a member that never worked with them.
                    if latest != nil { try? await fleet.leave() }
                    throw error
                }
            }
            do { try await calendar.sleep(for: .milliseconds(500)) } catch { return }
        }
    }

    /// Returns once the fleet's settings are in force, if the first beats did not bring them.
    ///
    /// In that case another server has taken over, and what it lacks is not known yet. Ends early if `isStopping`;
    /// calls `progress` meanwhile. Waits for a store that does not answer; throws its other problems.
    func awaitSettings(unless isStopping: () -> Bool, _ progress: () -> Void) async throws(StoreProblem) {
        guard !hasSettings else { return }
        events.report(.settingsAwaited)
        while !hasSettings, !isStopping() {
            progress()
            do { try await calendar.sleep(for: .milliseconds(500)) } catch { return }
            do throws(StoreProblem) {
                try await beat()
                state.withLock { $0.problem = nil }
            } catch {
                guard case .unreachable = error else {
                    try? await fleet.leave()
                    throw error
                }
                state.withLock { $0.problem = error }
            }
        }
    }

    /// Beats until cancelled; has duties only while `mayHoldDuties` returns true.
    func run(while mayHoldDuties: @escaping @Sendable () -> Bool) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [fleet, hurry, wakeSignal] in
                while !Task.isCancelled {
                    await fleet.changed()
                    hurry.send()
                    wakeSignal.send()
                }
            }
            group.addTask { await self.keepBeating(mayHoldDuties) }
            await group.waitForAll()
        }
    }

    /// Leaves the fleet, so that the others take over this member's share at once.
    func leave() async {
        state.withLock { $0.isStopped = true }
        try? await fleet.leave()
    }

    private func keepBeating(_ mayHoldDuties: () -> Bool) async {
        while !Task.isCancelled {
            await hurry.wait(until: .distantFuture, atMost: Self.interval, on: calendar)
            guard !Task.isCancelled, !state.withLock({ $0.isStopped }) else { return }
            // Without beats that succeed, leasing ends by itself.
            do throws(StoreProblem) {
                try await beat(holdsDuties: mayHoldDuties())
                state.withLock { $0.problem = nil }
            } catch {
                state.withLock { $0.problem = error }
            }
            // An import changes the store many times a second.
            try? await calendar.sleep(for: Self.shortestInterval)
        }
    }

    private func beat(holdsDuties: Bool = false) async throws(StoreProblem) {
        var note = report()
        note.callsInFlight = gate.inFlight
        note.hearsNothing = limits.hearsNothing
        let admission = settings.value.admission
        note.requestsPerSecond = admission.requestsPerSecond
        note.concurrency = admission.concurrency.max
        note.settingsVersion = shared?.version
        note.differences = shared?.differences ?? []
        var asked = calendar.uptime
        var found: FleetState
        if let shared, shared.version == nil {
            found = try await shared.join(note)
        } else {
            found = try await fleet.beat(note)
        }
        let replacedSettings = found.replacedSettings
        let hasJoined = found.hasJoined
        if let promotion = found.promotion { events.report(.storePromoted(promotion)) }
        if found.living.count <= 1, isNew(at: asked) {
            // Two members may join alone at the same moment; a second look shows one of them the other.
            asked = calendar.uptime
            found = try await fleet.beat(note)
        }
        let answered = calendar.uptime
        settings.owe(found.debts)
        if case .setForward(let amount) = calendar.judge(found.calendar, asked: asked, answered: answered) {
            let debt = CalendarDebt(moment: found.calendar.advanced(by: CalendarDebt.notice), amount: amount)
            // Calls made here until now have moments on the old calendar, whichever member reported the step first. If
            // the previous beat showed the debt, it showed that step too, so this step is another one.
            let known = state.withLock { $0.latest?.debts ?? [] }
            let isAnother = known.contains { old in
                old.isAlike(amount) && (old.isAbout(debt.moment, amount) || !found.debts.contains(old))
            }
            try await fleet.announce(debt, isAnother: isAnother)
            found.debts = found.debts.filter { isAnother || !$0.isAbout(debt.moment, amount) } + [debt]
            settings.owe(found.debts)
            // Only once running minimum intervals have been extended by the debt, here and everywhere.
            calendar.follow(found.calendar, asked: asked, answered: answered)
            events.report(.storeClockSetForward(by: amount))
        }
        let isNew = isNew(at: asked)
        state.withLock { state in
            if isNew {
                state.joinedAt = answered
                state.isCounted = false
            }
            // Until its next beat or its silence, an earlier member has a share that does not count this member.
            if found.living.count <= 1 || asked - state.joinedAt >= Self.patience { state.isCounted = true }
            state.latest = found
            state.heardAt = asked
            state.beats += 1
        }
        tellOfMembers(found, at: asked)
        follow(found, asked: asked)
        found.replacedSettings = replacedSettings
        // Beat again at once: the publisher waits to hear that the settings are taken.
        if let shared, try await shared.follow(found, hasJoined: hasJoined) { hurry.send() }
        let follows = shared.map { $0.version == found.settingsVersion } ?? true
        try await limits.follow(found, mayProbe: holdsDuties && follows)
        if holdsDuties, isDutyDue() { try await holdDuties(found) }
    }

    /// The other members that do not follow settings `version` yet; waits for them, but not for long.
    func lacking(_ version: Int64) async -> [FleetMember] {
        let deadline = calendar.uptime + Self.longestTaking
        while true {
            hurry.send()
            let isCut = (try? await calendar.sleep(for: Self.shortestInterval * 2)) == nil
            guard let latest else { return [] }
            let lacking = latest.living.filter { other in
                other.id != latest.member && (other.report.settingsVersion ?? .min) < version
            }
            if lacking.isEmpty || isCut || calendar.uptime >= deadline { return lacking }
        }
    }

    /// Whether others have given this member up, or have never heard of it.
    private func isNew(at asked: Duration) -> Bool {
        state.withLock { $0.heardAt.map { asked - $0 > Self.patience } ?? true }
    }

    /// True at the first beat of a working daemon, and at every other one after it: a duty outlasts several beats.
    private func isDutyDue() -> Bool {
        state.withLock { state in
            defer { if state.beats > state.dutyBeat { state.dutyBeat = state.beats + 1 } }
            return state.beats > state.dutyBeat
        }
    }

    /// A member that is cut off from Tight by itself leaves the duties to the others: it knows little of the calls.
    private func holdDuties(_ found: FleetState) async throws(StoreProblem) {
        let isCutOff =
            limits.hearsNothing
            && found.living.contains { $0.id != found.member && !$0.report.hearsNothing }
        guard !isCutOff else { return state.withLock { $0.duties = [] } }
        for duty in FleetDuty.allCases {
            let isHeld = try await fleet.hold(duty)
            _ = state.withLock { isHeld ? $0.duties.insert(duty).inserted : $0.duties.remove(duty) != nil }
        }
    }

    /// Applies the shares, the pause and the right to lease.
    private func follow(_ found: FleetState, asked: Duration) {
        let isCounted = state.withLock { $0.isCounted }
        gate.attach(
            FleetTerms(members: max(1, found.living.count), leasesUntil: isCounted ? asked + Self.patience : nil))
        let pause = found.pause.flatMap { pause in pause.until.map { $0 > calendar.now } ?? true ? pause : nil }
        switch gate.follow(pause, knownAt: asked) {
        case .begun(let pause): events.report(.fleetPaused(pause))
        case .ended(let pause): events.report(.fleetResumed(pause))
        case nil: break
        }
    }

    // MARK: Members

    private func tellOfMembers(_ found: FleetState, at asked: Duration) {
        let changes = state.withLock { state -> [Event] in
            guard let told = state.told else {
                state.told = found.living
                return []
            }
            let (before, now) = (Set(told.map(\.id)), Set(found.living.map(\.id)))
            let gone = told.filter { !now.contains($0.id) }
            let vanished = gone.filter { other in found.members.contains { $0.id == other.id } }
            // If the store did not answer, the others could not report that they live either.
            let isTooSoon = asked - state.joinedAt < Self.patience
            state.told = found.living + (isTooSoon ? vanished : [])
            let joined = found.living.filter { !before.contains($0.id) }
            // A member that died and restarted at once is not missing, and did not leave in order.
            let left = gone.filter { other in
                !vanished.contains(other) && !joined.contains { $0.name == other.name }
            }
            return left.map(Event.memberLeft) + (isTooSoon ? [] : vanished.map(Event.memberVanished))
                + joined.map(Event.memberJoined)
        }
        for change in changes { events.report(change) }
    }
}
