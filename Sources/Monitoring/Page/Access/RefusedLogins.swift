import RefreshCore
import Synchronization

/// Counts refused logins, and says when to report them: at the first, the tenth, the hundredth and so on.
///
/// An attacker who guesses passwords therefore cannot flood the journal.
final class RefusedLogins: Sendable {
    private struct State {
        var total = 0
        /// Refused logins since the last calm period.
        var run = 0
        var last: Duration?
        var next = 1
    }

    /// After this long without a refused login, counting starts again.
    private static let calm = Duration.hours(1)

    private let state = Mutex(State())

    /// Refused logins since the start.
    var total: Int { state.withLock(\.total) }

    /// Counts one; returns the number since the last calm period if it is to be reported, otherwise nil.
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
