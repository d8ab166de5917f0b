import ArgumentParser
import RefreshConfiguration

struct ConfigDump: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump",
        abstract: "Print every value that is in force with the configuration file, and where it comes from.",
        discussion: """
            Each value comes from the file, with its line, from a group, or from a default. A value that a group does \
            not set follows the general key that is named. The file holds no secrets: the output shows where they are.

            With --json, configuration holds all values in the form of the file, and sources the origin of each. The \
            output shows what a start or a reload applies. status shows changes that wait for a restart.

              bankrefreshd config dump
              bankrefreshd config dump --json | jq .configuration.schedule
            """)

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let file = common.file.path
        let effective = try ConfigurationOption.read(file, ConfigurationLoader.effective(path:))
        if common.json { return StandardOutput.write(effective.json(file: file)) }
        var table = Table("key", "value", "from")
        for entry in effective.entries {
            let place = origin(of: entry, in: file)
            table.add([
                Table.Cell(entry.path), Table.Cell(entry.value),
                Table.Cell(entry.inherits.map { "\($0), \(place)" } ?? place),
            ])
        }
        StandardOutput.write(table.text(width: nil))
    }

    private func origin(of entry: EffectiveConfiguration.Entry, in file: String) -> String {
        switch entry.origin {
        case .standard: "default"
        case .file(let line): "\(file):\(line)"
        case .group(let line): "group, \(file):\(line)"
        }
    }
}
