package import RefreshCore
package import RefreshDaemon
import Synchronization

/// What daemons that share a store in memory know of each other: one of these for all, and a `Member` for each.
package final class MemoryFleet: Sendable {
    fileprivate struct State {
        var members: [FleetMember] = []
        var breaker: Breaker.Opening?
        var throttling: Throttling.Pause?
        var prober: (id: Int64, until: Timestamp)?
        var duties: [FleetDuty: (id: Int64, until: Timestamp)] = [:]
        var debts: [CalendarDebt] = []
        var settings: FleetSettings?
        /// By which version each member calls.
        var followed: [Int64: Int64] = [:]
        /// How far the store's calendar is ahead of the world's.
        var ahead = Duration.zero
        var cutOff: Set<Int64> = []
        /// How long a beat stands between what it read and what others can read of it.
        var commit = Duration.zero
        /// Another server took the store over, and it is not known yet what it lacks.
        var isPromotionOpen = false
        var losesAnswer = false
    }

    fileprivate let state = Mutex(State())
    fileprivate let store: MemoryUserStore
    fileprivate let time: any Timekeeping

    package init(sharing store: MemoryUserStore, time: any Timekeeping) {
        self.store = store
        self.time = time
    }

    package func member(_ id: Int64) -> Member { Member(fleet: self, id: id) }

    /// Sets the store's calendar forward, or back.
    package func setCalendar(by step: Duration) {
        state.withLock { $0.ahead += step }
    }

    /// Lets nothing through between these members and the store.
    package func cutOff(_ ids: Set<Int64>) {
        state.withLock { $0.cutOff = ids }
    }

    /// From now on a beat takes so long, and is not seen before its end.
    package func commitBeats(after duration: Duration) {
        state.withLock { $0.commit = duration }
    }

    /// From now on another server has the store, or has it for good.
    package func setPromotion(isOpen: Bool) {
        state.withLock { $0.isPromotionOpen = isOpen }
    }

    /// Writes the next publication, and does not answer.
    package func loseAnswer() {
        state.withLock { $0.losesAnswer = true }
    }

    package var members: [FleetMember] { state.withLock { $0.members } }
    package var calendar: Timestamp { state.withLock { time.now.advanced(by: $0.ahead) } }
    package var debts: [CalendarDebt] { state.withLock { $0.debts } }
    package var settings: FleetSettings? { state.withLock { $0.settings } }

    /// Puts others in their place, as a server does that lacks the latest.
    package func set(_ settings: FleetSettings?) {
        state.withLock { $0.settings = settings }
    }

    /// Who has the right to probe now.
    package var prober: Int64? {
        let now = calendar
        return state.withLock { state in state.prober.flatMap { $0.until > now ? $0.id : nil } }
    }

    package func isCutOff(_ id: Int64) -> Bool { state.withLock { $0.cutOff.contains(id) } }

    package func isOnDuty(_ id: Int64, _ duty: FleetDuty) -> Bool {
        state.withLock { $0.duties[duty].map { $0.id == id } ?? false }
    }

    package struct Member: FleetSharing {
        fileprivate let fleet: MemoryFleet
        package let id: Int64

        private func change<Value>(
            _ body: (inout State, Timestamp) -> Value
        ) throws(StoreProblem) -> Value {
            guard !fleet.isCutOff(id) else { throw .unreachable(place: "memory", detail: "cut off") }
            let now = fleet.calendar
            return fleet.state.withLock { body(&$0, now) }
        }

        package var place: String { "memory" }

        /// Whether a claim brings anybody: this member calls by the settings of now.
        package var isAgreed: Bool {
            fleet.state.withLock { $0.followed[id] == $0.settings?.version }
        }

        package func join(_ report: MemberReport, settings: String) async throws(StoreProblem) -> FleetState {
            let replaced = try change { state, now -> String? in
                let lastHeard = min(now, state.members.map(\.seenAt).max() ?? now)
                let isAlone = !state.members.contains {
                    $0.id != id && $0.seenAt >= lastHeard.advanced(by: .minutes(-1))
                }
                let mayReplace = !state.isPromotionOpen && (state.settings == nil || isAlone)
                guard mayReplace, state.settings?.text != settings else { return nil }
                let version = max((state.settings?.version ?? 0) + 1, now.microsecondsSinceEpoch)
                defer { state.settings = FleetSettings(version: version, text: settings) }
                return state.settings?.text
            }
            var found = try await beat(report)
            found.replacedSettings = replaced
            return found
        }

        package func settings() async throws(StoreProblem) -> FleetSettings? {
            try change { state, _ in state.settings }
        }

        package func publish(
            _ text: String, as version: Int64?, over base: Int64?
        ) async throws(StoreProblem) -> FleetSettings? {
            let (published, isLost) = try change { state, now -> (FleetSettings?, Bool) in
                guard !state.isPromotionOpen, state.settings?.version == base else { return (nil, false) }
                let next = max((base ?? 0) + 1, now.microsecondsSinceEpoch)
                state.settings = FleetSettings(version: version ?? next, text: text)
                defer { state.losesAnswer = false }
                return (state.settings, state.losesAnswer)
            }
            if isLost { throw .unreachable(place: "memory", detail: "no answer") }
            return published
        }

        package func follow(settingsVersion: Int64) {
            fleet.state.withLock { $0.followed[id] = settingsVersion }
        }

        package func beat(_ report: MemberReport) async throws(StoreProblem) -> FleetState {
            let pause = try await fleet.store.fleetPause()
            let (found, row) = try change { state, now in
                var row = FleetMember(id: id, name: "host-\(id)", version: "test", joinedAt: now, seenAt: now)
                row.joinedAt = state.members.first { $0.id == id }?.joinedAt ?? now
                row.report = report
                var found = FleetState(
                    calendar: now, members: state.members.filter { $0.id != id } + [row], member: id)
                found.pause = pause
                found.breaker = state.breaker
                found.prober = state.prober.flatMap { $0.until > now ? $0.id : nil }
                found.debts = state.debts
                found.throttling = state.throttling
                found.settingsVersion = state.settings?.version
                found.isPromotionOpen = state.isPromotionOpen
                return (found, row)
            }
            let commit = fleet.state.withLock(\.commit)
            if commit > .zero { try? await fleet.time.sleep(for: commit) }
            return try change { state, _ in
                state.members = state.members.filter { $0.id != id } + [row]
                return found
            }
        }

        package func leave() async throws(StoreProblem) {
            try change { state, _ in state.members.removeAll { $0.id == id } }
        }

        package func announce(_ debt: CalendarDebt, isAnother: Bool) async throws(StoreProblem) {
            try change { state, _ in
                let same = state.debts.lastIndex { $0.isAbout(debt.moment, debt.amount) }
                if let same, !isAnother {
                    state.debts[same].moment = max(state.debts[same].moment, debt.moment)
                } else {
                    state.debts.append(debt)
                }
            }
        }

        package func hold(_ duty: FleetDuty) async throws(StoreProblem) -> Bool {
            try change { state, now in
                if let held = state.duties[duty], held.id != id, held.until > now { return false }
                state.duties[duty] = (id, now.advanced(by: .seconds(15)))
                return true
            }
        }

        package func throttle(_ pause: Throttling.Pause) async throws(StoreProblem) {
            try change { state, now in
                if state.throttling.map({ $0.until < pause.until || $0.at > now }) ?? true { state.throttling = pause }
            }
        }

        package func endThrottling() async throws(StoreProblem) {
            try change { state, _ in state.throttling = nil }
        }

        package func openBreaker(_ opening: Breaker.Opening) async throws(StoreProblem) {
            try change { state, _ in
                if let open = state.breaker, state.prober?.id != id, open.until >= opening.until { return }
                state.breaker = Breaker.Opening(
                    byFleet: opening.cause.text, until: opening.until, pause: opening.pause, count: opening.count)
                state.prober = nil
            }
        }

        package func probe(for span: Duration) async throws(StoreProblem) -> Bool {
            try change { state, now in
                guard let breaker = state.breaker, breaker.until <= now else { return false }
                if let prober = state.prober, prober.id != id, prober.until > now { return false }
                state.prober = (id, now.advanced(by: span))
                return true
            }
        }

        package func closeBreaker() async throws(StoreProblem) {
            try change { state, _ in
                state.breaker = nil
                state.prober = nil
            }
        }

        /// Nobody is told of anything between two beats.
        package func changed() async {
            try? await fleet.time.sleep(for: .days(1_000))
        }
    }
}
