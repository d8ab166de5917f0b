package import RefreshCore
package import RefreshDaemon
import Synchronization

/// An upstream that answers as the test decides, after as long as the test decides, and keeps its own log of calls.
package final class ScriptedBank: BankRefreshing {
    package struct LoggedCall: Sendable, Equatable {
        package let token: AccessToken
        package let began: Timestamp
        /// On the steady clock, which tells how far apart calls truly were.
        package let beganAt: Duration
        package var endedAt: Duration?
        /// As `endedAt`, on the calendar; both are nil when the caller was gone before the answer.
        package var ended: Timestamp?
        package var outcome: Outcome?
    }

    package typealias Script =
        @Sendable (_ token: AccessToken, _ now: Timestamp, _ call: Int) -> (Outcome, latency: Duration)

    /// A struct and not a tuple: a closure in a tuple would be wrapped anew at every access.
    private struct State {
        var log: [LoggedCall] = []
        var script: Script
        var queue = Duration.zero
        var unsent = 0
    }

    private let state: Mutex<State>
    private let time: any Timekeeping

    package init(time: any Timekeeping, script: @escaping Script = { _, _, _ in (.refreshed, .milliseconds(200)) }) {
        self.time = time
        state = Mutex(State(script: script))
    }

    package var log: [LoggedCall] { state.withLock { $0.log } }

    package func answer(_ script: @escaping Script) {
        state.withLock { $0.script = script }
    }

    /// Calls that were not begun, for it was too late.
    package var unsent: Int { state.withLock { $0.unsent } }

    /// Has calls wait so long for a connection before they are sent.
    package func queue(for duration: Duration) {
        state.withLock { $0.queue = duration }
    }

    package func refresh(_ token: AccessToken, beginBy: Duration?) async throws(CallNotBegun) -> RefreshAnswer {
        let queue = state.withLock { $0.queue }
        let wait = min(queue, beginBy.map { $0 - time.uptime } ?? queue)
        if wait > .zero {
            do { try await time.sleep(for: wait) } catch {
                return RefreshAnswer(outcome: .unavailable(.notConnected), httpStatus: nil)
            }
        }
        if let beginBy, time.uptime >= beginBy {
            state.withLock { $0.unsent += 1 }
            throw CallNotBegun()
        }
        let began = time.now
        let beganAt = time.uptime
        let (index, script) = state.withLock { state in
            state.log.append(LoggedCall(token: token, began: began, beganAt: beganAt))
            return (state.log.count - 1, state.script)
        }
        let (outcome, latency) = script(token, began, index)
        var answer = outcome
        do { try await time.sleep(for: latency) } catch { answer = .unknown(.givenUp) }
        let (ended, endedAt) = (time.now, time.uptime)
        state.withLock { state in
            state.log[index].endedAt = endedAt
            state.log[index].ended = ended
            state.log[index].outcome = answer
        }
        return RefreshAnswer(outcome: answer, httpStatus: nil)
    }
}
