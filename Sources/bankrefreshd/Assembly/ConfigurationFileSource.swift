import Host
import RefreshConfiguration
import RefreshDaemon
import TightAPI

/// Reads the configuration file anew for a reload; knows what is in force.
actor ConfigurationFileSource: ConfigurationSource {
    private let file: ConfigurationOption
    private let log: DaemonLog
    private let bank: TightClient
    private var running: Configuration

    init(file: ConfigurationOption, running: Configuration, log: DaemonLog, bank: TightClient) {
        self.file = file
        self.running = running
        self.log = log
        self.bank = bank
    }

    func load() async throws -> LoadedConfiguration {
        let written: Configuration
        do {
            written = try ConfigurationLoader.load(path: file.path)
        } catch {
            throw OperationProblem.configurationRefused(error.problems.map { $0.text(file: file.path) })
        }
        let changes = written.changes(from: running)
        running = written.keepingRestartSettings(of: running)
        log.reporter.show(refreshed: RefreshedEntries(running.log))
        bank.configure(timeout: running.api.timeout)
        return LoadedConfiguration(
            settings: DaemonSettings(running),
            report: ReloadReport(
                changes: changes.filter { !$0.needsRestart }.map(\.description),
                needRestart: changes.filter(\.needsRestart).map(\.description)))
    }
}
