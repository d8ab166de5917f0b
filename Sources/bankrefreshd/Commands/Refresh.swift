import ArgumentParser
import ControlPlane
import RefreshCore
import RefreshDaemon

struct Refresh: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Refresh users now, as far as the rules allow.",
        discussion: """
            Waits for the answers. Exit code 0 when every call was made and Tight answered SUCCESS, 65 when a user is \
            not stored, else 75.

              bankrefreshd refresh alice bob
              bankrefreshd refresh --force alice
              bankrefreshd refresh --all
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The users' ids.")
    var ids: [String] = []

    @Flag(help: "Refresh every user that is scheduled or backing off.")
    var all = false

    @Flag(help: "Call even before the floor or beyond the day's budget. The bank may dislike it.")
    var force = false

    func validate() throws {
        guard all != !ids.isEmpty else { throw ValidationError("name the users, or give --all") }
    }

    func run() async throws {
        let daemon = try common.daemon()
        var reports: [RefreshReport] = []
        if all {
            var after: String?
            repeat {
                let page = try await daemon.list(UserQuery(after: after, limit: 500))
                after = page.last?.userID
                let callable = try page.filter { $0.state == .scheduled || $0.state == .backingOff }
                    .map { try UserID($0.userID) }
                if !callable.isEmpty {
                    let answers = try await daemon.refresh(callable, force: force)
                    if !common.json { answers.forEach(tell) }
                    reports += answers
                }
            } while after != nil
        } else {
            reports = try await daemon.refresh(try ids.map(ArgumentReading.userID), force: force)
            if !common.json { reports.forEach(tell) }
        }
        if common.json { StandardOutput.write(try JSONText.of(reports)) }
        guard !reports.contains(where: { $0.answer == .noSuchUser }) else {
            throw ExitCode(SystemExit.badData.rawValue)
        }
        guard reports.allSatisfy({ $0.outcome == .refreshed }) else { throw ExitCode(SystemExit.tryLater.rawValue) }
    }

    private func tell(_ report: RefreshReport) {
        var line = "\(report.userID): "
        switch report.answer {
        case .done:
            line += report.outcome?.rawValue ?? "done"
            if let reason = report.reason { line += ", \(reason)" }
            if let due = report.nextDue { line += ", next \(due)" }
        case .noSuchUser: line += report.reason ?? "there is no such user"
        case .refused:
            line += "refused"
            if let until = report.until { line += " until \(until)" }
            if let reason = report.reason { line += ": \(reason)" }
        }
        StandardOutput.write(line + "\n")
    }
}
