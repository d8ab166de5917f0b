import ArgumentParser
import Host
import RefreshConfiguration

/// Which configuration file is meant.
struct ConfigurationOption: ParsableArguments {
    static let standardPath = "/etc/bankrefreshd/config.json"

    @Option(
        help: ArgumentHelp(
            "The configuration file; by default $BANKREFRESHD_CONFIG, or \(Self.standardPath).", valueName: "path"),
        completion: .file())
    var config: String?

    func validate() throws {
        if config?.isEmpty == true { throw ValidationError("--config: the path is empty") }
    }

    var path: String {
        if let config { return config }
        guard let path = ProcessEnvironment.value("BANKREFRESHD_CONFIG"), !path.isEmpty else {
            return Self.standardPath
        }
        return path
    }

    /// Where a daemon may listen although the file has mistakes: it runs with what the file said before.
    ///
    /// A file that does not tell at all is taken for the service's only where it is at the service's place.
    var socketDespiteMistakes: String? {
        ConfigurationLoader.controlSocket(inFaulty: path)
            ?? (path == Self.standardPath ? Configuration.default.controlSocket : nil)
    }

    func load() throws -> Configuration {
        do {
            return try ConfigurationLoader.load(path: path)
        } catch {
            throw CommandFailure(error, file: path)
        }
    }
}
