package import RefreshCore
import Synchronization

/// Settles attempts in batches: what comes while one transaction is written goes into the next.
package final class SettlementQueue: Sendable {
    private typealias Waiter = CheckedContinuation<SettlementResult, any Error>

    private struct State {
        var pending: [(settlement: Settlement, waiter: Waiter)] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let arrivals = Doorbell()
    private let store: any UserStore
    private let time: any Timekeeping
    private let events: any EventReporting
    private let latencies: (any LatencyMeasuring)?
    private let batchLimit: Int

    package init(
        store: any UserStore, time: any Timekeeping, events: any EventReporting,
        latencies: (any LatencyMeasuring)? = nil, batchLimit: Int = 500
    ) {
        self.store = store
        self.time = time
        self.events = events
        self.latencies = latencies
        self.batchLimit = batchLimit
    }

    /// Writes a settlement; throws only when the queue is closed or given up before the store took it.
    func settle(_ settlement: Settlement) async throws -> SettlementResult {
        try await withCheckedThrowingContinuation { waiter in
            let isClosed = state.withLock { state in
                if !state.isClosed { state.pending.append((settlement, waiter)) }
                return state.isClosed
            }
            if isClosed { waiter.resume(throwing: CancellationError()) } else { arrivals.ring() }
        }
    }

    /// Works until cancelled, or closed and empty.
    ///
    /// A store that fails is asked again: no result is dropped.
    func run() async {
        var trouble = StoreTrouble(events: events)
        while true {
            let (batch, isClosed) = state.withLock { state in
                let batch = Array(state.pending.prefix(batchLimit))
                state.pending.removeFirst(batch.count)
                return (batch, state.isClosed)
            }
            guard !batch.isEmpty else {
                if isClosed || Task.isCancelled { return abandon() }
                await arrivals.wait()
                continue
            }
            do {
                let began = time.uptime
                let results = try await store.settle(batch.map(\.settlement))
                latencies?.measured(.settle, took: time.uptime - began)
                trouble.ended()
                for (entry, result) in zip(batch, results) { entry.waiter.resume(returning: result) }
            } catch {
                state.withLock { $0.pending.insert(contentsOf: batch, at: 0) }
                let pause = trouble.occurred(error)
                do { try await time.sleep(for: pause) } catch { return abandon() }
            }
        }
    }

    /// Takes no more settlements; `run` ends when those it has are written.
    func close() {
        state.withLock { $0.isClosed = true }
        arrivals.ring()
    }

    /// Tells those who wait that their settlement was not written; their leases stay in the store.
    func abandon() {
        let left = state.withLock { state in
            state.isClosed = true
            defer { state.pending = [] }
            return state.pending
        }
        for entry in left { entry.waiter.resume(throwing: CancellationError()) }
    }
}
