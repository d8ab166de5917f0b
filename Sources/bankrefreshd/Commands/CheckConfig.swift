import ArgumentParser
import RefreshConfiguration
import RefreshCore
import TightAPI

struct CheckConfig: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the configuration and report every problem with its place and a suggestion.",
        discussion: """
            If the file has no problems, the command also checks what would keep the daemon from starting: the key and \
            other secrets, the certificates, the directories and their free space, the store, and the port of the \
            page. While a daemon runs, the check applies to its next start. The output names what this user may not \
            see and what is therefore not checked.

            With --connect, it also tests the daemon's path to the API, hop by hop: name, addresses, proxy, TLS, \
            protocol, and one request without a token, which reaches no bank. It names the hop that fails and the fix. \
            It takes a minute at most.

            Exit code 0: all is well. 78: fix the configuration or a file that it names. 69: the API is not reached \
            for another reason. The command starts and changes nothing.

              bankrefreshd check-config
              bankrefreshd check-config --connect
              bankrefreshd check-config --config ./config.json --json
            """)

    @OptionGroup var file: ConfigurationOption

    @Flag(help: "Also test the path to the API, and name the hop that fails.")
    var connect = false

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let configuration: Configuration
        do {
            configuration = try ConfigurationLoader.load(path: file.path)
        } catch {
            if json {
                let answer = Answer(file: file.path, problems: error.problems, notes: [], server: nil, hops: nil)
                StandardOutput.write(try JSONText.of(answer))
            } else {
                StandardError.write(error.text(file: file.path))
            }
            throw ExitCode(SystemExit.configuration.rawValue)
        }
        let conditions = await StartConditions(configuration, file: file.path)
        if !json { tell(conditions, of: configuration) }
        let report =
            connect ? await ConnectionReport(configuration, file: file.path, isShown: !json) : nil
        if json {
            let answer = Answer(
                file: file.path, problems: conditions.problems, notes: conditions.notes + (report?.notes ?? []),
                server: conditions.server, hops: report?.hops.map(Hop.init))
            StandardOutput.write(try JSONText.of(answer))
        } else {
            for note in report?.notes ?? [] { StandardError.write("note: \(note)\n") }
        }
        let exit = conditions.problems.isEmpty ? report?.exit : .configuration
        if let exit { throw ExitCode(exit.rawValue) }
    }

    private func tell(_ conditions: StartConditions, of configuration: Configuration) {
        if conditions.problems.isEmpty {
            let every = configuration.standard.cadence.every.text
            StandardOutput.write("\(file.path) is good: calls go to \(configuration.api.server), every \(every)\n")
            for line in windows(of: configuration) { StandardOutput.write("  \(line)\n") }
            if let server = conditions.server { StandardOutput.write("  the store is on \(server)\n") }
        } else {
            StandardError.write("\(conditions.problems.count.counted("problem")) with \(file.path):\n")
            for problem in conditions.problems { StandardError.write(problem.text(file: file.path) + "\n") }
        }
        for note in conditions.notes { StandardError.write("note: \(note)\n") }
    }

    /// Whether each window is open and when that changes: times of other zones are easily misread.
    private func windows(of configuration: Configuration) -> [String] {
        let groups = configuration.policies.groups.sorted { $0.key.rawValue < $1.key.rawValue }
        let windows =
            [("scheduled calls", configuration.standard.cadence.window)]
            + groups.filter { $0.value.cadence.window != configuration.standard.cadence.window }
            .map { ("those of group \($0.key)", $0.value.cadence.window) }
        let now = Calendar.now
        return windows.compactMap { whose, window in
            guard let window else { return whose == "scheduled calls" ? nil : "\(whose) are made at any hour" }
            let state =
                window.opening(at: now).map { "open now, until \($0.end)" }
                ?? "closed now, opens \(window.opens(after: now))"
            return "\(whose) are made from \(window.from) to \(window.to) in \(window.zone.name): \(state)"
        }
    }

    private struct Answer<Problem: Encodable>: Encodable {
        let file: String
        let problems: [Problem]
        let notes: [String]
        /// Nil unless the store is on a server that answered.
        let server: String?
        /// Nil unless the path was tested.
        let hops: [Hop]?
    }

    private struct Hop: Encodable {
        let hop: String
        let subject: String
        let state: String
        let found: String

        init(_ hop: ConnectionHop) {
            self.hop = hop.place.rawValue
            subject = hop.subject
            state = hop.state.rawValue
            found = hop.found
        }
    }
}
