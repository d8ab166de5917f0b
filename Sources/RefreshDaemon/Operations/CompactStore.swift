import RefreshCore

/// One step of giving back what the store takes of its disk and does not need; calls wait for some milliseconds.
package struct CompactStore: Operation {
    package enum CodingKeys: String, CodingKey, CaseIterable { case after }

    package static let name = "compact"
    package static let patience = Duration.minutes(10)

    /// `next` of the step before; without it, the first.
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
