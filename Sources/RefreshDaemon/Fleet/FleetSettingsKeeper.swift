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
    }

    private let state = Mutex(State())
    /// One change of what is in force at a time.
    private let changing = AsyncMutex()
    private let fleet: any FleetSharing
    private let source: any SharedConfigurationSource
    private let application: SettingsApplication
    private let events: any EventReporting

    /// Others that publish at the same moment are few.
    private static let tries = 5

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
    /// Throws what the store throws, and where a daemon that starts cannot follow.
    func follow(_ found: FleetState) async throws(StoreProblem) -> Bool {
        guard found.settingsVersion != version else { return false }
        do {
            return try await changing.run { try await take(replaced: found.replacedSettings) }
        } catch let problem as StoreProblem {
            throw problem
        } catch OperationProblem.store(.otherEnvironment(_, let others, let own)) {
            guard version != nil else {
                throw .otherEnvironment(place: fleet.place, tokensOf: others, configured: own)
            }
            note("its daemons call \(others), and this one \(own)")
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
        let current = try await fleet.settings()
        if let own = state.withLock({ $0.inForce }) {
            if current?.version == own.version { return false }
            if current.map({ $0.version < own.version }) ?? true {
                // A server that took another's place lacks what was published last.
                _ = try await fleet.publish(own.text, as: own.version, over: current?.version)
                return false
            }
        }
        guard let current else { return false }
        let isFirst = version == nil
        let loaded = try await source.take(current, before: replaced)
        let changes = loaded.report.changes
        put(loaded, isFromFile: false)
        if !changes.isEmpty {
            if replaced != nil { events.report(.settingsPublished(changes: changes)) }
            if !isFirst { events.report(.settingsTaken(changes: changes)) }
        }
        return true
    }

    /// Applies the file, and makes what changed in it what all follow; with `all`, everything that concerns all.
    func reload(all: Bool) async throws -> LoadedConfiguration {
        try await changing.run {
            var base = state.withLock { $0.inForce }
            for _ in 0..<Self.tries {
                guard let current = base else { break }
                let loaded = try await source.load(over: current, all: all) { [fleet] text in
                    try await fleet.publish(text, as: nil, over: current.version)
                }
                if let loaded {
                    put(loaded, isFromFile: true)
                    let published = loaded.report.published
                    if !published.isEmpty { events.report(.settingsPublished(changes: published)) }
                    return loaded
                }
                base = try await fleet.settings()
            }
            throw OperationProblem.failed("other daemons publish their settings at this moment; try again")
        }
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
