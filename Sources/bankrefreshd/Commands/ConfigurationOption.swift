import ArgumentParser
import Host
import RefreshConfiguration

/// Which configuration file is meant.
struct ConfigurationOption: ParsableArguments {
    static let standardPath = "/etc/bankrefreshd/config.json"

    @Option(help: "The configuration file; else $BANKREFRESHD_CONFIG, else \(Self.standardPath).")
    var config: String?

    var path: String {
        config ?? ProcessEnvironment.value("BANKREFRESHD_CONFIG") ?? Self.standardPath
    }

    func load() throws -> Configuration {
        do {
            return try ConfigurationLoader.load(path: path)
        } catch {
            throw CommandFailure(error, file: path)
        }
    }
}
