import RefreshDaemon
import Synchronization

/// A configuration file that is edited now and then.
final class ChangingFile: ConfigurationSource {
    private let contents: Mutex<DaemonSettings?>

    init(_ settings: DaemonSettings) { contents = Mutex(settings) }

    /// Nil is a file with a mistake in it.
    func write(_ settings: DaemonSettings?) { contents.withLock { $0 = settings } }

    func load() async throws(OperationProblem) -> LoadedConfiguration {
        guard let settings = contents.withLock({ $0 }) else {
            throw OperationProblem.configurationRefused(["schedule.every: \"often\" is no duration"])
        }
        return LoadedConfiguration(settings: settings, report: ReloadReport(changes: ["all"], needRestart: []))
    }
}
