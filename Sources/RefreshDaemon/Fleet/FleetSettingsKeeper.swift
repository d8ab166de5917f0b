import RefreshCore
import Synchronization

/// Keeps the shared settings of the store's daemons in force here, and publishes changes in this host's file to all.
///
/// Settings take effect together with their version, which this member's claims name from then on. A member that has
/// not taken the latest version therefore makes no calls.
package final class FleetSettingsKeeper: Sendable {
    private struct State {
        var inForce: FleetSettings?
        var differences: [SettingDifference] = []
        var problem: String?
        /// Whether another server took over the store; it takes no settings until it is known what it lacks.
        var isPromotionOpen = false
    }

    private let state = Mutex(State())
    /// Allows one change of the settings in force at a time.
    private let changing = AsyncMutex()
    private let fleet: any FleetSharing
    private let source: any SharedConfigurationSource
    private let application: SettingsApplication
    private let events: any EventReporting

    /// Publishing by others, the first settings and a server takeover all take less time than this.
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

    /// Nil before any settings were taken.
    var version: Int64? { state.withLock { $0.inForce?.version } }
    /// Where this host's file differs from the fleet's settings.
    var differences: [SettingDifference] { state.withLock { $0.differences } }
    /// Why the fleet's settings cannot be put in force here; nil if they are.
    var problem: String? { state.withLock { $0.problem } }

    /// Reports that this member lives; on its first beat, its file becomes the fleet's if no other member lives.
    func join(_ report: MemberReport) async throws(StoreProblem) -> FleetState {
        try await fleet.join(report, settings: await source.offer)
    }

    /// Puts the settings that the fleet follows in force; returns whether anything changed.
    ///
    /// Throws what the store throws, and when a starting daemon cannot follow them. A member that has not joined yet
    /// takes no settings: it may be alone, and its file may become the settings of all.
    func follow(_ found: FleetState, hasJoined: Bool) async throws(StoreProblem) -> Bool {
        let version = state.withLock { state in
            state.isPromotionOpen = found.isPromotionOpen
            // Settings that could not be taken here may be missing on the server that took over.
            if found.settingsVersion == state.inForce?.version { state.problem = nil }
            return state.inForce?.version
        }
        guard found.settingsVersion != version, hasJoined || version != nil else { return false }
        let taking = try await changing.run { () async throws(StoreProblem) in
            try await take(replaced: found.replacedSettings)
        }
        switch taking {
        case .success(let isTaken): return isTaken
        case .failure(let refusal):
            guard version != nil else { throw refusal.ofStart(at: fleet.place, found) }
            note(refusal.detail)
            return false
        }
    }

    private func note(_ problem: String) {
        let isNew = state.withLock { exchange(&$0.problem, with: problem) != problem }
        if isNew { events.report(.settingsNotTaken(detail: problem)) }
    }

    /// Returns whether anything changed, or why the settings cannot be taken.
    private func take(replaced: String?) async throws(StoreProblem) -> Result<Bool, SettingsRefusal> {
        let own = state.withLock { $0.inForce }
        guard let current = try await latest(knowing: own), current.version != own?.version
        else { return .success(false) }
        let isFirst = own == nil
        let loaded: LoadedConfiguration
        do throws(SettingsRefusal) {
            loaded = try await source.take(current, before: replaced)
        } catch {
            return .failure(error)
        }
        let changes = loaded.report.changes
        put(loaded, isFromFile: false)
        if !changes.isEmpty {
            if replaced != nil { events.report(.settingsPublished(changes: changes)) }
            if !isFirst { events.report(.settingsTaken(changes: changes)) }
        }
        return .success(true)
    }

    /// The settings that all follow; a server that took over and lacks the last published ones receives those first.
    private func latest(knowing own: FleetSettings?) async throws(StoreProblem) -> FleetSettings? {
        let current = try await fleet.settings()
        guard let own, current.map({ $0.version < own.version }) ?? true else { return current }
        _ = try await fleet.publish(own.text, as: own.version, over: current?.version)
        return own
    }

    /// Applies the file and publishes what changed in it; with `all`, publishes every setting in it that concerns all.
    func reload(all: Bool) async throws -> LoadedConfiguration {
        let deadline = application.time.uptime + Self.patience
        while true {
            // The lock is released between two tries: the first settings may arrive, or another daemon's.
            let loaded = try await changing.run { try await publishFile(all: all) }
            if let loaded { return loaded }
            guard application.time.uptime < deadline else { throw OperationProblem.failed(whyNotNow) }
            try await application.time.sleep(for: Self.pauseBetweenTries)
        }
    }

    /// Nil if another try is worthwhile.
    private func publishFile(all: Bool) async throws -> LoadedConfiguration? {
        guard let own = state.withLock({ $0.inForce }) else { return nil }
        // A file without changes is applied without the store.
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
            // Perhaps only the answer was lost.
            guard let found = try? await fleet.settings(), found.text == text, found.version > base.version else {
                throw error
            }
            return found
        }
    }

    private var whyNotNow: String {
        let (isKnown, isPromotionOpen) = state.withLock { ($0.inForce != nil, $0.isPromotionOpen) }
        if isPromotionOpen {
            return "another server took over the store, and it is not yet known whether it lacks recent changes; "
                + "try again in a moment"
        }
        return isKnown
            ? "another daemon is publishing settings; try again"
            : "this daemon does not know yet which settings the other daemons follow; try again when it is ready"
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
        if !isFromFile, !loaded.report.changes.isEmpty { application.reloads.noteChange(at: application.time.now) }
    }
}

extension SettingsRefusal {
    private var remedy: String {
        switch self {
        case .unknown: "install the version that the other daemons have"
        case .otherServer: "fix the section api, or store.postgresql.database"
        }
    }

    /// The problem of a running daemon, which makes no calls because of it.
    fileprivate var detail: String {
        switch self {
        case .unknown(let detail): "\(detail); \(remedy)"
        case .otherServer(let theirs, let own): "they call \(theirs), and this one \(own); \(remedy)"
        }
    }

    /// The problem that ends a starting daemon.
    fileprivate func ofStart(at place: String, _ found: FleetState) -> StoreProblem {
        let others = found.members.filter { $0.id != found.member }.map(\.name).joined(separator: ", ")
        let detail =
            switch self {
            case .unknown(let detail): "its daemons follow settings that this version cannot apply: \(detail)"
            case .otherServer(let theirs, let own):
                "the daemons of the store (\(others)) call \(theirs), and this file names \(own)"
            }
        return .unfit(place: place, detail: detail, remedy: remedy)
    }
}
