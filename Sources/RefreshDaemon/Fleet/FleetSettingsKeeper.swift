import RefreshCore
import Synchronization

/// Keeps in force here what the daemons of a store have in common, and makes of this host's file what all follow.
///
/// Settings are in force with their version, which claims of this member name from then on. So whoever has not taken the
/// latest makes no calls.
package final class FleetSettingsKeeper: Sendable {
    private struct State {
        var inForce: FleetSettings?
        var differences: [SettingDifference] = []
        var problem: String?
        /// Another server took the store over, and takes no settings until it is known what it lacks.
        var isPromotionOpen = false
    }

    private let state = Mutex(State())
    /// One change of what is in force at a time.
    private let changing = AsyncMutex()
    private let fleet: any FleetSharing
    private let source: any SharedConfigurationSource
    private let application: SettingsApplication
    private let events: any EventReporting

    /// Others that publish are done sooner, and so are the first settings and a server that takes over.
    private static let patience = Duration.seconds(15)
    private static let pauseBetweenTries = Duration.milliseconds(200)

    init(
        fleet: any FleetSharing, source: any SharedConfigurationSource, application: SettingsApplication,
        events: any EventReporting
    ) {
        self.fleet = fleet
        self.source = source
        self.application = application
        self.events = events
    }

    /// Nil before any were taken.
    var version: Int64? { state.withLock { $0.inForce?.version } }
    /// Where this host's file says otherwise.
    var differences: [SettingDifference] { state.withLock { $0.differences } }
    /// Why the fleet's settings cannot be put in force here; nil if they are.
    var problem: String? { state.withLock { $0.problem } }

    /// Says that this member lives; the first time its file is what all follow, where no other lives.
    func join(_ report: MemberReport) async throws(StoreProblem) -> FleetState {
        try await fleet.join(report, settings: await source.offer)
    }

    /// Puts in force what the fleet was found to follow; returns whether anything changed.
    ///
    /// Throws what the store throws, and where a daemon that starts cannot follow. Who has not joined yet may be alone, and
    /// its file what all follow: it takes nothing.
    func follow(_ found: FleetState, hasJoined: Bool) async throws(StoreProblem) -> Bool {
        state.withLock { $0.isPromotionOpen = found.isPromotionOpen }
        guard found.settingsVersion != version, hasJoined || version != nil else { return false }
        do {
            return try await changing.run { try await take(replaced: found.replacedSettings) }
        } catch let problem as StoreProblem {
            throw problem
        } catch OperationProblem.store(.otherEnvironment(_, let theirs, let own)) {
            guard version != nil else {
                let others = found.members.filter { $0.id != found.member }.map(\.name).joined(separator: ", ")
                throw .unfit(
                    place: fleet.place,
                    detail: "the daemons of the store (\(others)) call \(theirs), and this file names \(own)",
                    remedy: "fix the section api, or store.postgresql.database")
            }
            note("its daemons call \(theirs), and this one \(own)")
            return false
        } catch {
            let detail = if case OperationProblem.failed(let detail) = error { detail } else { "\(error)" }
            guard version != nil else {
                throw .unfit(
                    place: fleet.place, detail: "its daemons follow settings that this version cannot take: \(detail)",
                    remedy: "install the version that the other daemons have")
            }
            note(detail)
            return false
        }
    }

    private func note(_ problem: String) {
        let isNew = state.withLock { exchange(&$0.problem, with: problem) != problem }
        if isNew { events.report(.settingsNotTaken(detail: problem)) }
    }

    private func take(replaced: String?) async throws -> Bool {
        let own = state.withLock { $0.inForce }
        guard let current = try await latest(knowing: own), current.version != own?.version else { return false }
        let isFirst = own == nil
        let loaded = try await source.take(current, before: replaced)
        let changes = loaded.report.changes
        put(loaded, isFromFile: false)
        if !changes.isEmpty {
            if replaced != nil { events.report(.settingsPublished(changes: changes)) }
            if !isFirst { events.report(.settingsTaken(changes: changes)) }
        }
        return true
    }

    /// What all follow; a server that took another's place and lacks what was published last gets that first.
    private func latest(knowing own: FleetSettings?) async throws -> FleetSettings? {
        let current = try await fleet.settings()
        guard let own, current.map({ $0.version < own.version }) ?? true else { return current }
        _ = try await fleet.publish(own.text, as: own.version, over: current?.version)
        return own
    }

    /// Applies the file, and makes what changed in it what all follow; with `all`, everything that concerns all.
    func reload(all: Bool) async throws -> LoadedConfiguration {
        let deadline = application.time.uptime + Self.patience
        while true {
            // What is in force is not held between two tries: the first settings may come, or others'.
            let loaded = try await changing.run { try await publishFile(all: all) }
            if let loaded { return loaded }
            guard application.time.uptime < deadline else { throw OperationProblem.failed(whyNotNow) }
            try await application.time.sleep(for: Self.pauseBetweenTries)
        }
    }

    /// Nil where it is worth another try.
    private func publishFile(all: Bool) async throws -> LoadedConfiguration? {
        guard let own = state.withLock({ $0.inForce }) else { return nil }
        // A file without news is applied without the store.
        if let loaded = try await publishFile(all: all, over: own) { return loaded }
        guard let current = try await latest(knowing: own) else { return nil }
        return try await publishFile(all: all, over: current)
    }

    private func publishFile(all: Bool, over base: FleetSettings) async throws -> LoadedConfiguration? {
        let loaded = try await source.load(over: base, all: all) { text in try await self.publish(text, over: base) }
        guard let loaded else { return nil }
        put(loaded, isFromFile: true)
        let published = loaded.report.published
        if !published.isEmpty { events.report(.settingsPublished(changes: published)) }
        return loaded
    }

    private func publish(_ text: String, over base: FleetSettings) async throws -> FleetSettings? {
        do {
            return try await fleet.publish(text, as: nil, over: base.version)
        } catch {
            // Maybe only the answer is lost.
            guard let found = try? await fleet.settings(), found.text == text, found.version > base.version else {
                throw error
            }
            return found
        }
    }

    private var whyNotNow: String {
        let (isKnown, isPromotionOpen) = state.withLock { ($0.inForce != nil, $0.isPromotionOpen) }
        if isPromotionOpen {
            return "another server took over the store, and it is not known yet what it lacks; try again in a moment"
        }
        return isKnown
            ? "other daemons publish their settings at this moment; try again"
            : "this daemon has not heard yet which settings the other daemons follow; try again when it is ready"
    }

    private func put(_ loaded: LoadedConfiguration, isFromFile: Bool) {
        application.put(loaded.settings, isFromFile: isFromFile)
        guard let shared = loaded.shared else { return }
        // Claims name the version only once its settings are in force.
        fleet.follow(settingsVersion: shared.version)
        let differences = loaded.differences
        let isNew = state.withLock { state in
            (state.inForce, state.problem) = (shared, nil)
            return exchange(&state.differences, with: differences) != differences
        }
        if isNew, !differences.isEmpty { events.report(.settingsDiffer(differences)) }
        if !isFromFile, !loaded.report.changes.isEmpty { application.noteTaken() }
    }
}

/// Puts settings in force in every part of the work that follows them.
struct SettingsApplication: Sendable {
    let settings: LiveSettings
    let gate: AdmissionGate
    let scheduler: Scheduler
    let reloads: ReloadMemory
    let time: any Timekeeping

    func put(_ new: DaemonSettings, isFromFile: Bool) {
        let old = settings.replace(with: new, isFromFile: isFromFile)
        // Whoever reloads wants what was suspended to be tried again.
        if isFromFile || old.admission != new.admission { gate.configure(new.admission) }
        if old.policies.standard != new.policies.standard || old.policies.groups != new.policies.groups {
            scheduler.reschedule()
        }
    }

    func noteTaken() { reloads.noteChange(at: time.now) }
}
