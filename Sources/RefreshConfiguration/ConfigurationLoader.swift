import Glibc
package import RefreshCore

/// Reads a configuration from disk.
package enum ConfigurationLoader {
    /// The configuration in a file.
    ///
    /// Throws all problems of the file or its content.
    package static func load(path: String) throws(ConfigurationProblems) -> Configuration {
        try Configuration(ConfigurationFile(bytes: try bytes(of: path)))
    }

    /// What the file means, value by value.
    package static func effective(path: String) throws(ConfigurationProblems) -> EffectiveConfiguration {
        try EffectiveConfiguration(ConfigurationFile(bytes: try bytes(of: path)))
    }

    /// The control socket from a file whose other settings may be wrong; nil if the file does not tell.
    package static func controlSocket(inFaulty path: String) -> String? {
        guard let file = try? ConfigurationFile(bytes: try bytes(of: path)) else { return nil }
        return Configuration.reading(SettingPath("control", "socket"), inFaulty: file)?.controlSocket
    }

    /// The log format from a file whose other settings may be wrong; `auto` if the file does not tell.
    ///
    /// The problems of the file are logged in that format too.
    package static func logFormat(inFaulty path: String) -> LogFormat {
        guard let file = try? ConfigurationFile(bytes: try bytes(of: path)) else { return .auto }
        return Configuration.reading(SettingPath("log", "format"), inFaulty: file)?.log.format ?? .auto
    }

    /// The bytes of a regular file, up to one more than a configuration may have.
    static func bytes(of path: String) throws(ConfigurationProblems) -> [UInt8] {
        // O_NONBLOCK: opening a FIFO without a writer must not hang.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw problem(errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw problem(errno) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw ConfigurationProblems(.file, "it is a directory", "name the file in it")
        default: throw ConfigurationProblems(.file, "it is not a regular file", "name a file")
        }
        var bytes: [UInt8] = []
        // One byte more than allowed shows that the file is too large.
        while bytes.count <= ConfigurationFile.largest {
            let wanted = min(65_536, ConfigurationFile.largest + 1 - bytes.count)
            var count = 0
            let chunk = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, initialized in
                // The buffer is valid during the call and holds `wanted` bytes.
                count = read(descriptor, buffer.baseAddress, wanted)
                initialized = max(0, count)
            }
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw problem(errno)
            }
            bytes += chunk
        }
        return bytes
    }

    private static func problem(_ code: Int32) -> ConfigurationProblems {
        switch code {
        case ENOENT:
            .init(
                .file, "there is no such file",
                "create it from what bankrefreshd config example prints, or name another with --config"
            )
        case EACCES, EPERM: .init(.file, "it may not be read", "allow the user of this command to read it")
        case ENOTDIR: .init(.file, "a part of the path is not a directory", "check the path")
        case ELOOP: .init(.file, "its links form a loop", "check the path")
        case ENAMETOOLONG: .init(.file, "the path is too long", "check the path")
        default: .init(.file, "it cannot be read: \(String(cString: strerror(code)))", nil)
        }
    }
}

extension Configuration {
    /// The meaning of a file.
    ///
    /// Throws all of its problems at once.
    package init(_ file: ConfigurationFile) throws(ConfigurationProblems) {
        self = try Self.reading(file).configuration
    }

    /// Like `init`, but also returns the position of each key that is in the file.
    static func reading(
        _ file: ConfigurationFile
    ) throws(ConfigurationProblems) -> (configuration: Configuration, written: [SettingPath: TextPosition]) {
        var configuration = Configuration()
        var reader = SettingsReader(everyPath: table.flatMap { $0.leaves() }.map(\.path))
        reader.read(file.root, at: SettingPath(), by: table, into: &configuration)
        configuration.reportContradictions(to: &reader)
        configuration.reportMissingServer(in: file, to: &reader)
        configuration.reportMissingHosts(to: &reader)
        if let problems = ConfigurationProblems(file.duplicates + reader.problems) { throw problems }
        return (configuration, reader.written)
    }

    package init(text: String) throws(ConfigurationProblems) {
        try self.init(ConfigurationFile(text: text))
    }

    /// What can be read of a file whose settings may be wrong; nil if the one at `path` is wrong.
    static func reading(_ path: SettingPath, inFaulty file: ConfigurationFile) -> Configuration? {
        guard case .object = file.root.value else { return nil }
        var configuration = Configuration()
        var reader = SettingsReader(everyPath: [])
        reader.read(file.root, at: SettingPath(), by: table, into: &configuration)
        return reader.isFaulty(path) ? nil : configuration
    }

    private func reportContradictions(to reader: inout SettingsReader) {
        let sections: [(name: String, contradictions: [Contradiction])] = [
            ("api", api.contradictions),
            ("store", store.contradictions),
            ("schedule", ScheduleSettings.contradictions(in: standard)),
            ("backoff", BackoffSettings.contradictions(in: standard)),
            ("breaker", BreakerSettings.contradictions(in: admission.breaker)),
            ("web", web.contradictions),
            ("alerts", AlertSettings.contradictions(in: alerts)),
        ]
        for (name, contradictions) in sections {
            for contradiction in contradictions { reader.report(contradiction, under: SettingPath(name)) }
        }
    }

    /// Neither has a default: the wrong installation would refuse every token, and every user would be parked.
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

    /// A section without a server would have no effect, and the daemon would make an empty store elsewhere.
    private func reportMissingHosts(to reader: inout SettingsReader) {
        let section = SettingPath("store", "postgresql")
        let hosts = section.appending("hosts")
        guard store.postgresql.hosts == nil, let position = reader.written[hosts] ?? reader.written[section],
            !reader.isFaulty(hosts)
        else { return }
        // As `config example` prints it: every key has its default.
        if reader.written[hosts] != nil, store.postgresql == PostgreSQLSettings() { return }
        reader.report(
            ConfigurationProblem(
                .missingKey,
                at: hosts,
                position: position,
                reason: "which server to use is not said",
                suggestion: "set it, such as [\"db.example.com\"] or [\"/var/run/postgresql\"], or remove the section"
            )
        )
    }
}
