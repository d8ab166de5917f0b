import RefreshConfiguration
import RefreshCore
import RefreshDaemon

/// Reads the configuration file again for a reload, and knows which settings are in force.
actor ConfigurationFileSource: ConfigurationSource {
    private let file: ConfigurationOption
    private let parts: [any LivePart]
    private var running: Configuration
    /// The file's settings when it was last read and accepted; in a fleet, others may be in force.
    private var written: SharedSettings

    /// A reload changes `parts` besides the settings of the scheduler.
    init(file: ConfigurationOption, running: Configuration, parts: [any LivePart]) {
        self.file = file
        self.running = running
        self.parts = parts
        written = SharedSettings(of: running)
    }

    // Never suspends, so that concurrent reloads run one after the other.
    func load() async throws(OperationProblem) -> LoadedConfiguration {
        commit(try Draft(try read(), running: running, parts: parts))
    }

    private func read() throws(OperationProblem) -> Configuration {
        do {
            return try ConfigurationLoader.load(path: file.path)
        } catch {
            throw OperationProblem.configurationRefused(error.problems.map { $0.text(file: file.path) })
        }
    }

    private func commit(_ draft: Draft) -> LoadedConfiguration {
        for change in draft.prepared { change.commit() }
        running = draft.next
        return LoadedConfiguration(settings: DaemonSettings(running), report: draft.report)
    }
}

extension ConfigurationFileSource: SharedConfigurationSource {
    var offer: String { written.text }

    func take(_ settings: FleetSettings, before: String?) async throws(SettingsRefusal) -> LoadedConfiguration {
        let shared: SharedSettings
        do { shared = try SharedSettings(text: settings.text) } catch { throw .unknown(detail: error.description) }
        let server = running.api.server.description
        guard shared.server == server else { throw .otherServer(theirs: shared.server, own: server) }
        let next = running.following(shared)
        // If this host's file replaced the fleet's settings, `running` equals the new ones; `before` shows the changes.
        // A newer version's text may be unreadable here; the settings are then in force without a report of changes.
        let changes =
            if let before { (try? SharedSettings(text: before)).map(shared.changes) ?? [] } else {
                next.changes(from: running)
            }
        running = next
        // The file may already be up to date although the daemon was not told to reload.
        let now = (try? ConfigurationLoader.load(path: file.path)).map(SharedSettings.init) ?? written
        var loaded = LoadedConfiguration(
            settings: DaemonSettings(running),
            report: ReloadReport(changes: changes.map(\.description), needRestart: []))
        loaded.shared = settings
        loaded.differences = now.differences(from: shared)
        return loaded
    }

    // Suspends for the store in between; the caller runs one load at a time.
    func load(
        over settings: FleetSettings, all: Bool, publish: @Sendable (String) async throws -> FleetSettings?
    ) async throws -> LoadedConfiguration? {
        let configuration = try read()
        let old = try Self.parse(settings.text)
        // The tokens belong to the API's address, which only a restart changes.
        let offered = SharedSettings(of: configuration.keepingRestartSettings(of: running))
        let shared = try all ? offered : merge(offered, into: old)
        let draft = try Draft(configuration.following(shared), running: running, parts: parts)
        let current: FleetSettings?
        do {
            current = try await shared == old ? settings : publish(shared.text)
        } catch {
            draft.discard()
            throw error
        }
        guard let current else {
            draft.discard()
            return nil
        }
        var loaded = commit(draft)
        written = offered
        loaded.report.published = shared.changes(from: old).map(\.description)
        loaded.shared = current
        loaded.differences = offered.differences(from: shared)
        return loaded
    }

    private func merge(_ offered: SharedSettings, into fleet: SharedSettings) throws(OperationProblem) -> SharedSettings
    {
        do {
            return try fleet.taking(changesFrom: written, to: offered)
        } catch {
            throw OperationProblem.configurationRefused(
                error.problems.map { problem in
                    "\(file.path) and the fleet's settings do not go together: \(problem.path): \(problem.reason); to put "
                        + "all of this file in force: bankrefreshd reload --publish"
                })
        }
    }

    private static func parse(_ text: String) throws(OperationProblem) -> SharedSettings {
        do { return try SharedSettings(text: text) } catch { throw OperationProblem.failed(error.description) }
    }
}

/// A configuration that every part has accepted and none has applied yet.
private struct Draft {
    let next: Configuration
    let prepared: [PreparedChange]
    let report: ReloadReport

    /// If a part refuses, nothing changes, and all problems are thrown.
    init(_ written: Configuration, running: Configuration, parts: [any LivePart]) throws(OperationProblem) {
        let changes = written.changes(from: running)
        next = written.keepingRestartSettings(of: running)
        var prepared: [PreparedChange] = []
        var problems: [String] = []
        for part in parts {
            do {
                prepared.append(try part.prepare(next))
            } catch {
                let failure = CommandFailure(describing: error)
                problems.append(failure.message + (failure.remedy.map { "; \($0)" } ?? ""))
            }
        }
        guard problems.isEmpty else {
            for change in prepared { change.discard() }
            throw OperationProblem.configurationRefused(problems)
        }
        self.prepared = prepared
        report = ReloadReport(
            changes: changes.filter { !$0.needsRestart }.map(\.description) + prepared.flatMap(\.notes),
            needRestart: changes.filter(\.needsRestart).map(\.description))
    }

    func discard() {
        for change in prepared { change.discard() }
    }
}

extension DaemonSettings {
    init(_ configuration: Configuration) {
        self.init(
            policies: configuration.policies, admission: configuration.admissionPolicy, drain: configuration.drain,
            leaseDuration: configuration.leaseDuration, history: configuration.history,
            alerts: configuration.alerts, renewsTokens: configuration.api.clientID != nil,
            backup: configuration.store.backup.plan)
    }
}

extension BackupSettings {
    /// Nil if no directory is set.
    fileprivate var plan: BackupPlan? {
        directory.map { BackupPlan(directory: $0, every: every, keep: keep) }
    }
}
