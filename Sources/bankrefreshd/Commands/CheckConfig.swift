import ArgumentParser
import RefreshConfiguration
import RefreshCore

struct CheckConfig: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the configuration: every problem at once, with its place and a suggestion.",
        discussion: """
            Exit code 0 when the file is good, else 78. Nothing is started or changed.
            Certificates that the file names are read too.

              bankrefreshd check-config
              bankrefreshd check-config --config ./config.json --json
            """)

    @OptionGroup var file: ConfigurationOption

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        do {
            let configuration = try ConfigurationLoader.load(path: file.path)
            if let problem = await LiveBank.problem(with: configuration) {
                try tell([problem], text: "1 problem in \(file.path):\n\(problem.text(file: file.path))\n")
            }
            for warning in configuration.warnings where !json { StandardError.write("warning: \(warning)\n") }
            if json { return StandardOutput.write(try JSONText.of(Answer(file: file.path, problems: []))) }
            StandardOutput.write(
                "\(file.path) is good: calls go to \(configuration.api.server), every \(configuration.standard.cadence.every.text)\n"
            )
        } catch let problems as ConfigurationProblems {
            try tell(problems.problems, text: problems.text(file: file.path))
        }
    }

    private func tell(_ problems: [ConfigurationProblem], text: String) throws -> Never {
        if json {
            StandardOutput.write(try JSONText.of(Answer(file: file.path, problems: problems)))
        } else {
            StandardError.write(text)
        }
        throw ExitCode(SystemExit.configuration.rawValue)
    }

    private struct Answer: Encodable {
        let file: String
        let problems: [ConfigurationProblem]
    }
}
