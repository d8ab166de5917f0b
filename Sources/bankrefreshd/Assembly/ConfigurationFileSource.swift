import RefreshConfiguration
import RefreshCore
import RefreshDaemon

/// Reads the configuration file anew for a reload; knows what is in force.
actor ConfigurationFileSource: ConfigurationSource {
    private let file: ConfigurationOption
    private let parts: [any LivePart]
    private var running: Configuration

    /// `parts` are changed besides what the scheduler follows.
    init(file: ConfigurationOption, running: Configuration, parts: [any LivePart]) {
        self.file = file
        self.running = running
        self.parts = parts
    }

    // Never suspends: of two reloads at once, one comes after the other.
    func load() async throws(OperationProblem) -> LoadedConfiguration {
        let written: Configuration
        do {
            written = try ConfigurationLoader.load(path: file.path)
        } catch {
            throw OperationProblem.configurationRefused(error.problems.map { $0.text(file: file.path) })
        }
        let changes = written.changes(from: running)
        let next = written.keepingRestartSettings(of: running)
        let prepared = try prepare(next)
        for change in prepared { change.commit() }
        running = next
        return LoadedConfiguration(
            settings: DaemonSettings(running),
            report: ReloadReport(
                changes: changes.filter { !$0.needsRestart }.map(\.description) + prepared.flatMap(\.notes),
                needRestart: changes.filter(\.needsRestart).map(\.description)))
    }

    /// What every part will change; when one of them refuses, nothing changes and every problem is thrown.
    private func prepare(_ configuration: Configuration) throws(OperationProblem) -> [PreparedChange] {
        var prepared: [PreparedChange] = []
        var problems: [String] = []
        for part in parts {
            do {
                prepared.append(try part.prepare(configuration))
            } catch {
                let failure = CommandFailure(describing: error)
                problems.append(failure.message + (failure.remedy.map { "; \($0)" } ?? ""))
            }
        }
        guard problems.isEmpty else {
            for change in prepared { change.discard() }
            throw OperationProblem.configurationRefused(problems)
        }
        return prepared
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
    /// Nil where no directory is named.
    fileprivate var plan: BackupPlan? {
        directory.map { BackupPlan(directory: $0, every: every, keep: keep) }
    }
}
