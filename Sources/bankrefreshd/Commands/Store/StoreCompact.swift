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
        let summary: CompactionSummary
        if let daemon = try common.daemonIfRunning() {
            summary = try await Self.compact(with: daemon)
        } else {
            let path = try common.file.load().store.sqlitePath
            try BackupTarget.checkStore(path)
            try StoreOwner.assume(for: path)
            summary = try await Self.compactAlone(path)
        }
        StandardOutput.write(try common.line(summary, summary.text()))
    }

    private static func compact(with daemon: ControlClient) async throws -> CompactionSummary {
        let before = try await daemon.perform(ReadStatus()).store?.bytes ?? 0
        let summary = try await compact(from: before) { try await daemon.perform(CompactStore(after: $0)) }
        if let summary { return summary }
        throw CommandFailure(
            .tryLater, "this store cannot be compacted while the daemon runs: an older version made it",
            remedy: "once: systemctl stop bankrefreshd; bankrefreshd store compact; systemctl start bankrefreshd")
    }

    private static func compactAlone(_ path: String) async throws -> CompactionSummary {
        do {
            let (before, after) = try StoreRewrite(of: path).run()
            return CompactionSummary(bytesBefore: before, bytes: after)
        } catch {
            switch error {
            case .full:
                guard let summary = try await compactInPlace(path) else { throw error }
                return summary
            case .heldByAnother:
                throw CommandFailure(.tryLater, error.description, remedy: "try again when that has ended")
            default: throw error
            }
        }
    }

    /// Nil if the store cannot be compacted in place.
    private static func compactInPlace(_ path: String) async throws -> CompactionSummary? {
        let store = try SQLiteUserStore.open(path: path, version: Version.text, now: Calendar.now) { _ in }
        return try await store.closing {
            let before = try await store.space()?.bytes ?? 0
            return try await compact(from: before) { mark in
                CompactionReport(try await store.compact(after: mark), space: try await store.space())
            }
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
            guard let next = report.next else { return CompactionSummary(bytesBefore: before, bytes: report.bytes) }
            mark = next
        }
    }
}

struct CompactionSummary: Encodable {
    /// The size of all files of the store before; `bytes` is the size after.
    let bytesBefore: Int64
    let bytes: Int64

    func text() -> String {
        guard bytes < bytesBefore else { return "the store takes \(bytes.bytesText); there was nothing to return\n" }
        return "the store takes \(bytes.bytesText), \((bytesBefore - bytes).bytesText) less than before\n"
    }
}
