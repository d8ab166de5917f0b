import Host
import RefreshConfiguration

/// The section `log` as a part that a reload changes.
struct LiveLog: LivePart {
    let log: DaemonLog

    func prepare(_ configuration: Configuration) -> PreparedChange {
        let entries = RefreshedEntries(configuration.log)
        return PreparedChange { [log] in log.reporter.show(refreshed: entries) }
    }
}
