import ArgumentParser
import ControlPlane
import RefreshConfiguration
import RefreshCore
import RefreshDaemon
import SQLiteStore

struct StoreCompact: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compact",
        abstract: "Return the store's unused space to the disk.",
        discussion: """
            The store reuses the space of removed users and old history. Compact it after a lasting reduction. The \
            content of the store does not change. An interruption loses nothing; run the command again.

            While the daemon runs, calls go on: rows are packed and pages moved, a few milliseconds at a time, which \
            takes a minute or two for 1,000,000 users. A store that version 0.1.0 made cannot do this; the exit code \
            is then 75.

            While no daemon runs, the store is rewritten. This is faster, makes it smallest, and lets a store of any \
            version be compacted under a running daemon later. It needs space for the new file beside the old one; \
            without it, the store is compacted in place.

              bankrefreshd store compact
            """)

    @OptionGroup var common: CommonOptions

    func run() async throws {
        // A file with mistakes is no obstacle: a daemon may still run with its previous content.
        try (try? common.file.load())?.store.checkIsFile(
            for: "store compact",
            remedy: "the server reuses space by itself (autovacuum); VACUUM FULL gives it back, but locks each table "
                + "while it rewrites it: no calls are made meanwhile")
        if let daemon = try common.daemonIfRunning() {
            let before = try await daemon.perform(ReadStatus()).store?.bytes ?? 0
            let summary = try await Self.compact(from: before) { try await daemon.perform(CompactStore(after: $0)) }
            guard let summary else {
                throw CommandFailure(
                    .tryLater, "this store cannot be compacted while the daemon runs: an older version made it",
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
        // Encoding cannot fail: the summary consists of numbers.
        StandardOutput.write(common.json ? (try? JSONText.line(of: summary)) ?? "" : summary.text())
    }

    private func failure(for problem: StoreProblem) -> any Error {
        guard case .heldByAnother = problem else { return problem }
        return CommandFailure(.tryLater, problem.description, remedy: "try again when that has ended")
    }

    /// Nil if the store cannot be compacted in place.
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

/// The result of a compaction, for people and programs.
struct CompactionSummary: Encodable {
    /// The size of all files of the store before; `bytes` is the size after.
    let bytesBefore: Int64
    let bytes: Int64

    init(before: Int64, after: Int64) {
        bytesBefore = before
        bytes = after
    }

    func text() -> String {
        guard bytes < bytesBefore else { return "the store takes \(bytes.bytesText); there was nothing to return\n" }
        return "the store takes \(bytes.bytesText), \((bytesBefore - bytes).bytesText) less than before\n"
    }
}
