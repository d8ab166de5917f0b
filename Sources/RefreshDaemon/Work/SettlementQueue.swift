package import RefreshCore
import Synchronization

/// Settles attempts in batches.
///
/// Whatever arrives while one transaction is written goes into the next. While many arrive, the queue waits a few
/// milliseconds for more.
package final class SettlementQueue: Sendable {
    /// Receives the store's result; nil when the queue was closed or abandoned before the store took the settlement.
    typealias Reply = @Sendable (SettlementResult?) -> Void

    private struct State {
        var pending: [(settlement: Settlement, reply: Reply)] = []
        /// All settlements that were ever queued; they are written in this order.
        var queued = 0
        /// Settlements in the current transaction, until their callers are told.
        var writing = 0
        /// Abandoned settlements whose callers are being told.
        var givingUp = 0
        var isClosed = false
        /// Whether settlements that the store rejects are abandoned and not retried.
        var isAbandoned = false
        /// Whether closing does not wait for a store that fails.
        var isHasty = false
        var isFailing = false
        /// Waiters until nothing is unsettled, and waiters that give up when the store fails.
        var waiters: [CheckedContinuation<Void, Never>] = []
        var impatient: [ImpatientWaiter] = []

        var unsettled: Int { pending.count + writing + givingUp }
    }

    /// Waits until nothing is unsettled, or until this many settlements are.
    private struct ImpatientWaiter {
        let count: Int
        let continuation: CheckedContinuation<Result<Void, StoreProblem>, Never>
    }

    /// How long a transaction waits for company if the last one ended within this time.
    private static let gathering = Duration.milliseconds(10)

    private let state = Mutex(State())
    private let arrivals = WakeSignal()
    private let abandoned = WakeSignal()
    private let store: any UserStore
    private let time: any Timekeeping
    private let health: StoreHealth
    private let wakeSignal: WakeSignal
    private let latencies: (any LatencyMeasuring)?
    private let batchLimit: Int

    /// `wakeSignal` is the scheduler's, sent when there is room for results again.
    package init(
        store: any UserStore, time: any Timekeeping, health: StoreHealth, wakeSignal: WakeSignal,
        latencies: (any LatencyMeasuring)? = nil, batchLimit: Int = 500
    ) {
        self.store = store
        self.time = time
        self.health = health
        self.wakeSignal = wakeSignal
        self.latencies = latencies
        self.batchLimit = batchLimit
    }

    /// Calls that have ended and are not settled yet.
    var unsettled: Int { state.withLock { $0.unsettled } }

    /// Whether the queue has room for the results of new calls; it has none while the store rejects those it holds.
    var hasRoom: Bool { state.withLock { hasRoom($0) } }

    private func hasRoom(_ state: State) -> Bool {
        !state.isFailing && state.unsettled < 4 * batchLimit
    }

    /// Queues a settlement; `reply` must not block, and is called once, from any task.
    func settle(_ settlement: Settlement, _ reply: @escaping Reply) {
        let isClosed = state.withLock { state in
            if !state.isClosed {
                state.pending.append((settlement, reply))
                state.queued += 1
            }
            return state.isClosed
        }
        if isClosed { reply(nil) } else { arrivals.send() }
    }

    /// Returns when nothing is unsettled and all callers have been told.
    func allSettled() async {
        await withCheckedContinuation { waiter in
            let isOver = state.withLock { state in
                if state.unsettled > 0 { state.waiters.append(waiter) }
                return state.unsettled == 0
            }
            if isOver { waiter.resume() }
        }
    }

    /// As `allSettled`, but throws the store's error if a settlement fails to be written.
    func allSettledAtOnce() async throws(StoreProblem) {
        try await settledAtOnce(includingLater: true)
    }

    /// As `allSettledAtOnce`, but does not wait for settlements that are queued later.
    func settledSoFarAtOnce() async throws(StoreProblem) {
        try await settledAtOnce(includingLater: false)
    }

    private func settledAtOnce(includingLater: Bool) async throws(StoreProblem) {
        let result: Result<Void, StoreProblem> = await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.unsettled > 0 {
                    let count = includingLater ? Int.max : state.queued
                    state.impatient.append(ImpatientWaiter(count: count, continuation: continuation))
                }
                return state.unsettled == 0
            }
            if isOver { continuation.resume(returning: .success(())) }
        }
        try result.get()
    }

    /// Works until cancelled, or closed and empty.
    ///
    /// A write that fails is retried: no result is dropped.
    func run() async {
        var retry = StoreRetry(health: health, worker: .settlements)
        var lastWritten: Duration?
        while true {
            if let lastWritten, time.uptime - lastWritten < Self.gathering { await gather() }
            let (batch, isClosed) = state.withLock { state in
                let batch = Array(state.pending.prefix(batchLimit))
                state.pending.removeFirst(batch.count)
                state.writing = batch.count
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
                lastWritten = time.uptime
                latencies?.measured(.settle, took: time.uptime - began)
                retry.succeeded()
                for (entry, result) in zip(batch, results) { entry.reply(result) }
                takeNote { state in
                    state.writing = 0
                    state.isFailing = false
                }
            } catch {
                takeNote { state in
                    state.pending.insert(contentsOf: batch, at: 0)
                    state.writing = 0
                    state.isFailing = true
                }
                let pause = retry.delay(after: error)
                for waiter in state.withLock({ exchange(&$0.impatient, with: []) }) {
                    waiter.continuation.resume(returning: .failure(error))
                }
                await abandoned.wait(until: .distantFuture, atMost: pause, on: time)
                if Task.isCancelled || state.withLock({ $0.isAbandoned || $0.isHasty }) { return abandon() }
            }
        }
    }

    /// Waits a moment for more settlements, unless a batch is full already or no more will come.
    private func gather() async {
        let isWorthWhile = state.withLock { state in
            !state.isClosed && !state.pending.isEmpty && state.pending.count < batchLimit
        }
        if isWorthWhile { try? await time.sleep(for: Self.gathering) }
    }

    private func takeNote(_ change: (inout State) -> Void) {
        let (isRelieved, waiters, impatient) = state.withLock { state in
            let hadRoom = hasRoom(state)
            change(&state)
            let isOver = state.unsettled == 0
            let waiters = isOver ? exchange(&state.waiters, with: []) : []
            let settled = isOver ? Int.max : state.queued - state.unsettled
            let impatient = state.impatient.filter { $0.count <= settled }
            state.impatient.removeAll { $0.count <= settled }
            return (!hadRoom && hasRoom(state), waiters, impatient)
        }
        if isRelieved { wakeSignal.send() }
        for waiter in waiters { waiter.resume() }
        for waiter in impatient { waiter.continuation.resume(returning: .success(())) }
    }

    /// Takes no more settlements; `run` ends when those it has are written or, if `hasty`, when the store fails.
    func close(hasty: Bool = false) {
        state.withLock { state in
            state.isClosed = true
            if hasty { state.isHasty = true }
        }
        arrivals.send()
        if hasty { abandoned.send() }
    }

    /// Tells callers that their settlements were not written; the leases stay in the store.
    func abandon() {
        let left = state.withLock { state in
            state.isClosed = true
            state.isAbandoned = true
            state.givingUp += state.pending.count
            return exchange(&state.pending, with: [])
        }
        abandoned.send()
        for entry in left { entry.reply(nil) }
        takeNote { $0.givingUp -= left.count }
    }
}
