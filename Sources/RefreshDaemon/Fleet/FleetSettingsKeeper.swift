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
        let version = state.withLock { state in
            state.isPromotionOpen = found.isPromotionOpen
            // What could not be taken here may be what a server lacks that took another's place.
            if found.settingsVersion == state.inForce?.version { state.problem = nil }
            return state.inForce?.version
        }
        guard found.settingsVersion != version, hasJoined || version != nil else { return false }
        let taking = try await changing.run { () async throws(StoreProblem) in
            try await take(replaced: found.replacedSettings)
        }
        switch taking {
        case .nothing: return false
        case .taken: return true
        case .refused(let refusal):
            guard version != nil else { throw refusal.ofStart(at: fleet.place, found) }
            note(refusal.detail)
            return false
        }
    }

    private func note(_ problem: String) {
        let isNew = state.withLock { exchange(&$0.problem, with: problem) != problem }
        if isNew { events.report(.settingsNotTaken(detail: problem)) }
    }

    private enum Taking {
        case nothing, taken
        case refused(SettingsRefusal)
    }

    private func take(replaced: String?) async throws(StoreProblem) -> Taking {
        let own = state.withLock { $0.inForce }
        guard let current = try await latest(knowing: own), current.version != own?.version else { return .nothing }
        let isFirst = own == nil
        let loaded: LoadedConfiguration
        do throws(SettingsRefusal) {
            loaded = try await source.take(current, before: replaced)
        } catch {
            return .refused(error)
        }
        let changes = loaded.report.changes
        put(loaded, isFromFile: false)
        if !changes.isEmpty {
            if replaced != nil { events.report(.settingsPublished(changes: changes)) }
            if !isFirst { events.report(.settingsTaken(changes: changes)) }
        }
        return .taken
    }

    /// What all follow; a server that took another's place and lacks what was published last gets that first.
    private func latest(knowing own: FleetSettings?) async throws(StoreProblem) -> FleetSettings? {
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

extension SettingsRefusal {
    private var remedy: String {
        switch self {
        case .unknown: "install the version that the other daemons have"
        case .otherServer: "fix the section api, or store.postgresql.database"
        }
    }

    /// What is told of a daemon that goes on without calls.
    fileprivate var detail: String {
        switch self {
        case .unknown(let detail): "\(detail); \(remedy)"
        case .otherServer(let theirs, let own): "they call \(theirs), and this one \(own); \(remedy)"
        }
    }

    /// What ends a daemon that starts.
    fileprivate func ofStart(at place: String, _ found: FleetState) -> StoreProblem {
        let others = found.members.filter { $0.id != found.member }.map(\.name).joined(separator: ", ")
        let detail =
            switch self {
            case .unknown(let detail): "its daemons follow settings that this version cannot take: \(detail)"
            case .otherServer(let theirs, let own):
                "the daemons of the store (\(others)) call \(theirs), and this file names \(own)"
            }
        return .unfit(place: place, detail: detail, remedy: remedy)
    }
}
