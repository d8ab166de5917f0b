import Dispatch
import RefreshCore
package import RefreshDaemon
import Synchronization

/// A bounded queue between the work and a journal that may stall, drained by a thread of its own.
///
/// `append` never waits. If the queue is full, the entry is dropped and counted, and the count is written as soon as
/// the sink accepts entries again. Entries keep their order.
package final class JournalQueue: Sendable {
    package struct Limits: Sendable, Equatable {
        package var entries: Int
        package var bytes: Int

        /// Holds a minute at 1,000 entries a second, in at most 32 MiB.
        package init(entries: Int = 65_536, bytes: Int = 33_554_432) {
            self.entries = entries
            self.bytes = bytes
        }
    }

    private struct State {
        var waiting: [JournalEntry] = []
        /// Entries and bytes that are not written yet, including those that the thread is writing.
        var entries = 0
        var bytes = 0
        var isDraining = false
        var droppedUntold = 0
        var dropped = 0
    }

    /// How many entries are counted together once written: few enough that their room is soon free again.
    private static let stretch = 32

    private let limits: Limits
    private let sink: any JournalSink
    private let latencies: (any LatencyMeasuring)?
    private let dropNotice: @Sendable (Int) -> JournalEntry
    private let state = Mutex(State())
    /// A serial queue gets a thread outside the cooperative pool, so it may block; while idle, it has none.
    private let thread = DispatchQueue(label: "bankrefreshd.journal")

    /// `dropNotice` makes the entry that reports how many were dropped.
    package init(
        sink: any JournalSink,
        limits: Limits = Limits(),
        latencies: (any LatencyMeasuring)? = nil,
        dropNotice: @escaping @Sendable (Int) -> JournalEntry
    ) {
        self.sink = sink
        self.limits = limits
        self.latencies = latencies
        self.dropNotice = dropNotice
    }

    /// Entries dropped since the start.
    package var droppedCount: Int {
        state.withLock { $0.dropped }
    }

    /// Entries that are not written yet, and up to 32 that have just been written.
    package var waitingCount: Int {
        state.withLock { $0.entries }
    }

    package func append(_ entry: JournalEntry) {
        let startsDraining = state.withLock { state in
            guard state.entries < limits.entries, state.bytes + entry.bytes.count <= limits.bytes else {
                state.dropped += 1
                state.droppedUntold += 1
                return false
            }
            state.waiting.append(entry)
            state.entries += 1
            state.bytes += entry.bytes.count
            defer { state.isDraining = true }
            return !state.isDraining
        }
        if startsDraining { thread.async { self.drain() } }
    }

    /// Waits until all entries appended so far are written; false if `limit` passes first, or on cancellation.
    package func flush(within limit: Duration) async -> Bool {
        let end = AsyncStream<Bool> { end in
            thread.async {
                end.yield(true)
                end.finish()
            }
            DispatchQueue.global().asyncAfter(deadline: .now() + DispatchTimeInterval(limit)) {
                end.yield(false)
                end.finish()
            }
        }
        for await isWritten in end { return isWritten }
        return false
    }

    private func drain() {
        var isTaken = true
        while let (batch, dropped) = next(tellsDrops: isTaken) {
            for start in stride(from: 0, to: batch.count, by: Self.stretch) {
                isTaken = write(batch[start..<min(start + Self.stretch, batch.count)])
            }
            guard dropped > 0 else { continue }
            isTaken = isTaken && sink.write(dropNotice(dropped))
            if !isTaken { state.withLock { $0.droppedUntold += dropped } }
        }
    }

    /// Writes entries and counts them together; returns whether the last one was accepted.
    ///
    /// Each reading of the clock ends one entry's time and begins the next one's.
    private func write(_ entries: ArraySlice<JournalEntry>) -> Bool {
        var isTaken = true
        var refused = 0
        var bytes = 0
        let clock = ContinuousClock()
        var began = clock.now
        for entry in entries {
            isTaken = sink.write(entry)
            if !isTaken { refused += 1 }
            bytes += entry.bytes.count
            let ended = clock.now
            latencies?.measured(.journalSend, took: began.duration(to: ended))
            began = ended
        }
        state.withLock { state in
            state.entries -= entries.count
            state.bytes -= bytes
            state.dropped += refused
            state.droppedUntold += refused
        }
        return isTaken
    }

    /// What to write next; nil if there is nothing, and the thread goes idle.
    ///
    /// A sink that has just refused an entry does not get the drop notice; that waits for the next entry.
    private func next(tellsDrops: Bool) -> (batch: [JournalEntry], dropped: Int)? {
        state.withLock { state in
            guard !state.waiting.isEmpty || (tellsDrops && state.droppedUntold > 0) else {
                state.isDraining = false
                return nil
            }
            var batch: [JournalEntry] = []
            swap(&batch, &state.waiting)
            guard tellsDrops else { return (batch, 0) }
            defer { state.droppedUntold = 0 }
            return (batch, state.droppedUntold)
        }
    }
}

/// The destination of entries.
///
/// It may block for as long as the other side does: only the queue's own thread calls it.
package protocol JournalSink: Sendable {
    /// Returns whether the entry was accepted.
    func write(_ entry: JournalEntry) -> Bool
}
