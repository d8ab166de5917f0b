package import RefreshCore

/// Looks whether the store is where its path leads, more often than the schedule has anything to do, and wakes the
/// scheduler when that changes: it is the one who judges, tells and goes on.
package struct StorePlaceWatch: Sendable {
    /// Three looks at names cost next to nothing.
    static let interval = Duration.seconds(2)

    private let store: any UserStore
    private let wakeSignal: WakeSignal
    private let time: any Timekeeping

    package init(store: any UserStore, wakeSignal: WakeSignal, time: any Timekeeping) {
        self.store = store
        self.wakeSignal = wakeSignal
        self.time = time
    }

    /// Works until cancelled.
    package func run() async {
        var wasThere = true
        repeat {
            let isThere = (try? await store.verifyPlace()) != nil
            if isThere != wasThere { wakeSignal.send() }
            wasThere = isThere
        } while (try? await time.sleep(for: Self.interval)) != nil
    }
}
