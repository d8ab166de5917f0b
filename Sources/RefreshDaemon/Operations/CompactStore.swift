package import RefreshCore

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

/// What a step of compacting the store came to.
package struct CompactionReport: Codable, Sendable, Equatable {
    /// What is to be sent to go on; nil at the end.
    package var next: String?
    /// How much of the pass is done, from 0 to 1.
    package var share: Double
    /// True where nothing was done, and nothing can be while the store is worked with.
    package var needsStop: Bool
    /// All files of the store together.
    package var bytes: Int64
    /// Where nothing lies.
    package var freeBytes: Int64

    package init(next: String? = nil, share: Double, needsStop: Bool = false, bytes: Int64, freeBytes: Int64) {
        self.next = next
        self.share = share
        self.needsStop = needsStop
        self.bytes = bytes
        self.freeBytes = freeBytes
    }

    package init(_ step: CompactionStep, space: StoreSpace?) {
        self.init(share: step.share, bytes: space?.bytes ?? 0, freeBytes: space?.freeBytes ?? 0)
        switch step.next {
        case .after(let mark): next = mark
        case .done: break
        case .unable: needsStop = true
        }
    }
}
