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
        var waiters: [Waiter] = []

        var unsettled: Int { pending.count + writing + givingUp }
    }

    /// Waits until nothing is unsettled, or until this many settlements are settled.
    private struct Waiter {
        let count: Int
        /// Whether it goes on waiting when the store fails.
        let isPatient: Bool
        let continuation: CheckedContinuation<Result<Void, StoreProblem>, Never>
    }

    private static let batchLimit = 500
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

    /// `wakeSignal` is the scheduler's, sent when there is room for results again.
    package init(
        store: any UserStore, time: any Timekeeping, health: StoreHealth, wakeSignal: WakeSignal,
        latencies: (any LatencyMeasuring)?
    ) {
        self.store = store
        self.time = time
        self.health = health
        self.wakeSignal = wakeSignal
        self.latencies = latencies
    }

    /// Calls that have ended and are not settled yet.
    var unsettled: Int { state.withLock { $0.unsettled } }

    /// Whether the queue has room for the results of new calls; it has none while the store rejects those it holds.
    var hasRoom: Bool { state.withLock { hasRoom($0) } }

    private func hasRoom(_ state: State) -> Bool {
        !state.isFailing && state.unsettled < 4 * Self.batchLimit
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
        _ = await settled(includingLater: true, isPatient: true)
    }

    /// As `allSettled`, but throws the store's error if a settlement fails to be written.
    ///
    /// Unless `includingLater`, it does not wait for settlements that are queued later.
    func settledAtOnce(includingLater: Bool) async throws(StoreProblem) {
        try await settled(includingLater: includingLater, isPatient: false).get()
    }

    private func settled(includingLater: Bool, isPatient: Bool) async -> Result<Void, StoreProblem> {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.unsettled > 0 {
                    let count = includingLater ? Int.max : state.queued
                    state.waiters.append(Waiter(count: count, isPatient: isPatient, continuation: continuation))
                }
                return state.unsettled == 0
            }
            if isOver { continuation.resume(returning: .success(())) }
        }
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
                let batch = Array(state.pending.prefix(Self.batchLimit))
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
                let impatient = state.withLock { state in
                    defer { state.waiters.removeAll { !$0.isPatient } }
                    return state.waiters.filter { !$0.isPatient }
                }
                for waiter in impatient { waiter.continuation.resume(returning: .failure(error)) }
                await abandoned.wait(until: .distantFuture, atMost: pause, on: time)
                if Task.isCancelled || state.withLock({ $0.isAbandoned || $0.isHasty }) { return abandon() }
            }
        }
    }

    /// Waits a moment for more settlements, unless a batch is full already or no more will come.
    private func gather() async {
        let isWorthWhile = state.withLock { state in
            !state.isClosed && !state.pending.isEmpty && state.pending.count < Self.batchLimit
        }
        if isWorthWhile { try? await time.sleep(for: Self.gathering) }
    }

    private func takeNote(_ change: (inout State) -> Void) {
        let (isRelieved, done) = state.withLock { state in
            let hadRoom = hasRoom(state)
            change(&state)
            let settled = state.unsettled == 0 ? Int.max : state.queued - state.unsettled
            defer { state.waiters.removeAll { $0.count <= settled } }
            return (!hadRoom && hasRoom(state), state.waiters.filter { $0.count <= settled })
        }
        if isRelieved { wakeSignal.send() }
        for waiter in done { waiter.continuation.resume(returning: .success(())) }
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
