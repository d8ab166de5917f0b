import RefreshCore

extension Configuration {
    /// Finds out what a file means.
    ///
    /// Throws everything that is wrong with it at once.
    package init(_ file: ConfigurationFile) throws(ConfigurationProblems) {
        self.init()
        var reader = SettingsReader(everyPath: Self.table.flatMap { $0.leaves() }.map(\.path))
        reader.read(file.root, at: SettingPath(), by: Self.table, into: &self)
        reportContradictions(to: &reader)
        reportMissingServer(in: file, to: &reader)
        if let problems = ConfigurationProblems(file.duplicates + reader.problems) { throw problems }
    }

    package init(text: String) throws(ConfigurationProblems) {
        try self.init(ConfigurationFile(text: text))
    }

    /// The socket's path in a file whose other settings may be wrong; nil when it is wrong itself.
    static func controlSocket(inFaulty file: ConfigurationFile) -> String? {
        guard case .object = file.root.value else { return nil }
        var configuration = Configuration()
        var reader = SettingsReader(everyPath: [])
        reader.read(file.root, at: SettingPath(), by: table, into: &configuration)
        let isFaulty = reader.isFaulty(SettingPath("control").appending("socket"))
        return isFaulty ? nil : configuration.controlSocket
    }

    private func reportContradictions(to reader: inout SettingsReader) {
        let sections: [(name: String, contradictions: [Contradiction])] = [
            ("api", api.contradictions),
            ("schedule", ScheduleSettings.contradictions(in: standard)),
            ("backoff", BackoffSettings.contradictions(in: standard)),
            ("breaker", BreakerSettings.contradictions(in: admission.breaker)),
            ("alerts", AlertSettings.contradictions(in: alerts)),
        ]
        for (name, contradictions) in sections {
            for contradiction in contradictions { reader.report(contradiction, under: SettingPath(name)) }
        }
    }

    /// Neither is guessed: the wrong installation would refuse every token, and park every user.
    private func reportMissingServer(in file: ConfigurationFile, to reader: inout SettingsReader) {
        guard api.environment == nil, api.baseURL == nil, case .object = file.root.value else { return }
        let path = SettingPath("api")
        let choices = [path.appending("environment"), path.appending("baseURL")]
        guard !choices.contains(where: reader.isFaulty) else { return }
        reader.report(
            ConfigurationProblem(
                .missingKey,
                at: choices[0],
                position: reader.written[path] ?? file.root.position,
                reason: "which API to call is not said",
                suggestion: "set it to \"sandbox\" or \"production\", or set api.baseURL"
            )
        )
    }
}
