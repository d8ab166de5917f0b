package import RefreshCore
import Synchronization

/// Knows whether so few users are refused at present that one may be parked for it.
///
/// The count is in the store, so the answer is the same after a restart. The store is asked only when a user would be
/// parked; it then already holds the calls from earlier turns.
package final class RefusalWatch: Sendable {
    /// "Many" saves the store from counting the whole fleet repeatedly; newly parked users soon outdate "rare".
    private static let memoryOfMany = Duration.minutes(1)
    private static let memoryOfRare = Duration.seconds(1)

    private let latest = Mutex<(areRare: Bool, at: Duration)?>(nil)
    private let mutex = AsyncMutex()
    private let store: any UserStore
    private let time: any Timekeeping

    package init(store: any UserStore, time: any Timekeeping) {
        self.store = store
        self.time = time
    }

    /// False also when the store does not answer: then no user is parked this time.
    func areRare() async -> Bool {
        if let known { return known }
        return await mutex.run {
            if let known { return known }
            let since = time.now.advanced(by: .zero - RefusalCount.memory)
            guard let count = try? await store.refusalCount(parkedSince: since) else { return false }
            let uptime = time.uptime
            latest.withLock { $0 = (!count.areMany, uptime) }
            return !count.areMany
        }
    }

    /// The latest answer, while it is still valid.
    private var known: Bool? {
        guard let (areRare, at) = latest.withLock(\.self) else { return nil }
        return time.uptime - at < (areRare ? Self.memoryOfRare : Self.memoryOfMany) ? areRare : nil
    }
}
