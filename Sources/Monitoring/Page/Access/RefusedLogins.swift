import RefreshCore
import Synchronization

/// Counts the logins that were refused, and says when to tell of them: at the first, the tenth, the hundredth and so on,
/// so that whoever guesses fills no journal.
final class RefusedLogins: Sendable {
    private struct State {
        var total = 0
        /// Since it was calm.
        var run = 0
        var last: Duration?
        var next = 1
    }

    /// After so long without one, the next is the first again.
    private static let calm = Duration.hours(1)

    private let state = Mutex(State())

    /// Since the start.
    var total: Int { state.withLock(\.total) }

    /// Counts one; returns how many there were since it was calm, where that is to be told.
    func count(at uptime: Duration) -> Int? {
        state.withLock { state in
            if state.last.map({ uptime - $0 >= Self.calm }) ?? true { (state.run, state.next) = (0, 1) }
            state.total += 1
            state.run += 1
            state.last = uptime
            guard state.run == state.next else { return nil }
            state.next *= 10
            return state.run
        }
    }
}
