/// Where a reload reads from.
package protocol ConfigurationSource: Sendable {
    /// Reads and checks the configuration anew; throws `configurationRefused` and changes nothing when anything is wrong
    /// with it. What concerns others than the scheduler is in force when it returns.
    func load() async throws(OperationProblem) -> LoadedConfiguration
}

/// A configuration that was found good, and how it differs from the one in force.
package struct LoadedConfiguration: Sendable {
    package let settings: DaemonSettings
    package let report: ReloadReport

    package init(settings: DaemonSettings, report: ReloadReport) {
        self.settings = settings
        self.report = report
    }
}
