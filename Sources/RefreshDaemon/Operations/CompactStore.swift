package import RefreshCore

/// Does one step of returning unused space of the store to the disk.
///
/// Calls wait for some milliseconds.
package struct CompactStore: Operation {
    package enum CodingKeys: String, CodingKey, CaseIterable { case after }

    package static let name = "compact"
    package static let patience = Duration.minutes(10)

    /// `next` of the previous step; nil for the first step.
    package let after: String?

    package init(after: String?) {
        self.after = after
    }

    package func run(with daemon: DaemonContext) async throws -> CompactionReport {
        try await daemon.compacting.run { try await run(with: daemon.stored) }
    }

    package func run(with store: StoreContext) async throws -> CompactionReport {
        let step = try await store.store.compact(after: after)
        return CompactionReport(step, space: try await store.store.space())
    }
}

/// The result of one step of compacting the store.
package struct CompactionReport: Codable, Sendable, Equatable {
    /// The value of `after` for the next step; nil at the end.
    package var next: String?
    /// How much of the pass is done, from 0 to 1.
    package var share: Double
    /// True if the store cannot be compacted while the daemon runs.
    ///
    /// The step did nothing.
    package var needsStop = false
    /// The size of all files of the store together.
    package var bytes: Int64
    /// Free space in the files.
    package var freeBytes: Int64
}

extension CompactionReport {
    package init(_ step: CompactionStep, space: StoreSpace?) {
        self.init(share: step.share, bytes: space?.bytes ?? 0, freeBytes: space?.freeBytes ?? 0)
        switch step.next {
        case .after(let mark): next = mark
        case .done: break
        case .unable: needsStop = true
        }
    }
}
