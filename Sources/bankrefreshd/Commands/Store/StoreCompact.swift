import ArgumentParser
import ControlPlane
import RefreshConfiguration
import RefreshCore
import RefreshDaemon
import SQLiteStore

struct StoreCompact: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compact",
        abstract: "Give the disk back what the store takes and does not need any more.",
        discussion: """
            What removed users and old history leave is used again by what comes next: this is worth it once there is \
            less to keep for good. Users, their moments and their history stay as they are. What breaks off loses nothing; \
            run it again.

            While the daemon runs it goes on calling: rows are packed and pages moved, some milliseconds at a time, for a \
            minute or two where there are 1,000,000 users. A store that version 0.1.0 made cannot do that, and is refused \
            with 75.

            While no daemon runs the store is written anew, which is quicker, makes it smallest, and enables a store of \
            any version to be compacted under the running daemon. That needs room for the new file beside the old one; \
            without, it is done as under the daemon.

              bankrefreshd store compact
            """)

    @OptionGroup var common: CommonOptions

    func run() async throws {
        if let daemon = try common.daemonIfRunning() {
            let before = try await daemon.perform(ReadStatus()).store?.bytes ?? 0
            let summary = try await Self.compact(from: before) { try await daemon.perform(CompactStore(after: $0)) }
            guard let summary else {
                throw CommandFailure(
                    .tryLater, "this store can give nothing back while the daemon runs: an older version made it",
                    remedy:
                        "once: systemctl stop bankrefreshd; bankrefreshd store compact; systemctl start bankrefreshd")
            }
            return report(summary)
        }
        let path = try common.file.load().store.sqlitePath
        try BackupTarget.checkStore(path)
        try StoreOwner.assume(for: path)
        do {
            let (before, after) = try StoreRewrite(of: path).run()
            report(CompactionSummary(before: before, after: after))
        } catch {
            guard case .full = error, let summary = try await Self.compactInPlace(path) else {
                throw failure(for: error)
            }
            report(summary)
        }
    }

    private func report(_ summary: CompactionSummary) {
        // It is made of numbers alone.
        StandardOutput.write(common.json ? (try? JSONText.line(of: summary)) ?? "" : summary.text())
    }

    private func failure(for problem: StoreProblem) -> any Error {
        guard case .heldByAnother = problem else { return problem }
        return CommandFailure(.tryLater, problem.description, remedy: "try again once that is done with it")
    }

    /// Nil for a store that cannot be.
    private static func compactInPlace(_ path: String) async throws -> CompactionSummary? {
        let store = try SQLiteUserStore.open(path: path, version: Version.text, now: Calendar.now) { _ in }
        do {
            let before = try await store.space()?.bytes ?? 0
            let summary = try await compact(from: before) { mark in
                CompactionReport(try await store.compact(after: mark), space: try await store.space())
            }
            try store.close()
            return summary
        } catch {
            try? store.close()
            throw error
        }
    }

    private static func compact(
        from before: Int64, _ step: (String?) async throws -> CompactionReport
    ) async throws -> CompactionSummary? {
        var progress = Progress()
        defer { progress.clear() }
        var mark: String?
        while true {
            let report = try await step(mark)
            if report.needsStop { return nil }
            progress.show(share: report.share, "the store takes \(report.bytes.bytesText)")
            guard let next = report.next else { return CompactionSummary(before: before, after: report.bytes) }
            mark = next
        }
    }
}
