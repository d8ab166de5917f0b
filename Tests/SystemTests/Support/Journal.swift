import Foundation
import Testing

/// The machine's journal from one moment on.
struct Journal: Sendable {
    private let cursor: String

    /// From now on.
    ///
    /// An entry of our own marks the place: with matches, `--after-cursor` of systemd 252 takes the cursor's entry for
    /// one that matches and leaves out the first that does. `--cursor` is right, and the mark matches nothing.
    init() async throws {
        let mark = "\(UUID())"
        try await Tool.run("systemd-cat", "--identifier=\(mark)", "echo", "The test begins").succeeded()
        try await Tool.run("journalctl", "--sync").succeeded()
        let marked = try await Tool.run("journalctl", "--output=json", "SYSLOG_IDENTIFIER=\(mark)")
        let record = try #require(JournalRecord(line: marked.succeeded().output))
        cursor = try #require(record["__CURSOR"])
    }

    /// What is there now and matches, `FIELD=value` say; options of journalctl are taken too.
    func records(_ matches: String...) async throws -> [JournalRecord] {
        try await text(["--output=json", "--all"] + matches).split(separator: "\n").compactMap(JournalRecord.init)
    }

    /// The same as journalctl prints it with these options.
    func text(_ options: [String]) async throws -> String {
        try await Tool.run("journalctl", "--sync").succeeded()
        return try await Tool.run(["journalctl", "--quiet", "--cursor=\(cursor)"] + options).output
    }

    /// Waits until there are so many that match, and returns them.
    @discardableResult
    func wait(
        for count: Int = 1, _ matches: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> [JournalRecord] {
        let follower = try LineReader(
            ["journalctl", "--follow", "--no-tail", "--output=json", "--all", "--cursor=\(cursor)"] + matches)
        var records: [JournalRecord] = []
        while let line = await follower.next() {
            if let record = JournalRecord(line: line) { records.append(record) }
            if records.count >= count { return records }
        }
        // In a task of its own, as this one has been cancelled at the time limit.
        let said = try await Task { try await text(["--output=short-precise", "SYSLOG_IDENTIFIER=bankrefreshd"]) }.value
        Issue.record(
            "\(records.count) of \(count) entries came for \(matches); the daemon said:\n\(said.suffix(4_000))",
            sourceLocation: sourceLocation)
        throw CancellationError()
    }
}
