package import RefreshCore
import Synchronization

/// Knows whether so few users are refused at present that one may be parked for it.
///
/// The count is in the store, so the answer is the same after a restart. The store is asked only when a user would be
/// parked; it then already holds the calls from earlier turns.
package final class RefusalWatch: Sendable {
    private enum Answer { case rare, many }

    private struct State {
        var answer: Answer?
        var since: Duration = .zero
    }

    /// "Many" saves the store from counting the whole fleet repeatedly; newly parked users soon outdate "rare".
    private static let memoryOfMany = Duration.minutes(1)
    private static let memoryOfRare = Duration.seconds(1)

    private let state = Mutex(State())
    private let mutex = AsyncMutex()
    private let store: any UserStore
    private let time: any Timekeeping

    package init(store: any UserStore, time: any Timekeeping) {
        self.store = store
        self.time = time
    }

    /// False also when the store does not answer: then no user is parked this time.
    func areRare() async -> Bool {
        if let known { return known == .rare }
        return await mutex.run {
            if let known { return known == .rare }
            let since = time.now.advanced(by: .zero - RefusalCount.memory)
            guard let count = try? await store.refusalCount(parkedSince: since) else { return false }
            let answer: Answer = count.areMany ? .many : .rare
            let uptime = time.uptime
            state.withLock { $0 = State(answer: answer, since: uptime) }
            return answer == .rare
        }
    }

    private var known: Answer? {
        let uptime = time.uptime
        return state.withLock { state in
            guard let answer = state.answer else { return nil }
            return uptime - state.since < (answer == .many ? Self.memoryOfMany : Self.memoryOfRare) ? answer : nil
        }
    }
}
