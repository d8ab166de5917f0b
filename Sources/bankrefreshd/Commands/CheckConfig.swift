import ArgumentParser
import RefreshConfiguration
import RefreshCore
import TightAPI

struct CheckConfig: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the configuration: every problem at once, with its place and a suggestion.",
        discussion: """
            When the file is good, looks also for what would keep the daemon from starting with it: the key and other \
            secrets, the certificates, the directories and the room in them, the store, the port of the page. While a \
            daemon runs, its next start is meant. What this user may not see is said to be unchecked.

            With --connect it goes the daemon's way to the API as well, hop by hop: name, addresses, proxy, TLS, \
            protocol, and one request without a token, which reaches no bank. It says which hop fails and what mends \
            it, and takes a minute at most.

            Exit code 0 when all is good, 78 when the configuration or what it names has to be mended, 69 when the \
            API is not reached for another reason. Nothing is started or changed.

              bankrefreshd check-config
              bankrefreshd check-config --connect
              bankrefreshd check-config --config ./config.json --json
            """)

    @OptionGroup var file: ConfigurationOption

    @Flag(help: "Go the way to the API too, and say which hop fails.")
    var connect = false

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let configuration: Configuration
        do {
            configuration = try ConfigurationLoader.load(path: file.path)
        } catch {
            if json {
                let answer = Answer(file: file.path, problems: error.problems, notes: [], hops: nil)
                StandardOutput.write(try JSONText.of(answer))
            } else {
                StandardError.write(error.text(file: file.path))
            }
            throw ExitCode(SystemExit.configuration.rawValue)
        }
        let conditions = await StartConditions(configuration, file: file.path)
        if !json { tell(conditions, of: configuration) }
        var notes = conditions.notes
        var report: ConnectionReport?
        if connect {
            let way = await ConnectionReport.make(configuration, file: file.path, isShown: !json)
            notes += way.notes
            if !json { for note in way.notes { StandardError.write("note: \(note)\n") } }
            report = way
        }
        if json {
            let hops = report?.hops.map(Hop.init)
            let answer = Answer(file: file.path, problems: conditions.problems, notes: notes, hops: hops)
            StandardOutput.write(try JSONText.of(answer))
        }
        let exit = conditions.problems.isEmpty ? report?.exit : .configuration
        if let exit { throw ExitCode(exit.rawValue) }
    }

    private func tell(_ conditions: StartConditions, of configuration: Configuration) {
        if conditions.problems.isEmpty {
            let every = configuration.standard.cadence.every.text
            StandardOutput.write("\(file.path) is good: calls go to \(configuration.api.server), every \(every)\n")
            for line in windows(of: configuration) { StandardOutput.write("  \(line)\n") }
        } else {
            StandardError.write("\(Count.of(conditions.problems.count, "problem")) with \(file.path):\n")
            for problem in conditions.problems { StandardError.write(problem.text(file: file.path) + "\n") }
        }
        for note in conditions.notes { StandardError.write("note: \(note)\n") }
    }

    /// What windows mean, now and next: clocks of other zones are easily misread.
    private func windows(of configuration: Configuration) -> [String] {
        let groups = configuration.policies.groups.sorted { $0.key.rawValue < $1.key.rawValue }
        let windows =
            [("calls by schedule", configuration.standard.cadence.window)]
            + groups.filter { $0.value.cadence.window != configuration.standard.cadence.window }
            .map { ("those of group \($0.key)", $0.value.cadence.window) }
        let now = Calendar.now
        return windows.compactMap { whose, window in
            guard let window else { return whose == "calls by schedule" ? nil : "\(whose) are made at any hour" }
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
        /// Nil unless the way was gone.
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
