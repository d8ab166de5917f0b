import RefreshCore
import Synchronization

/// Knows the users, decides the behaviour of each call, and keeps the records.
final class CallLedger: Sendable {
    struct State: Sendable {
        var directions: Directions
        /// The calls of each user.
        var calls: [UserCalls]
        var outage: Outage?
        var log = CallLog()
        var waiting = WaitingRoom()
    }

    private let callsKept: Int
    let directory: UserDirectory
    private let tokens: TokenLedger
    private let observer: (@Sendable (CallEvent) -> Void)?
    let state: Mutex<State>

    init(_ configuration: SandboxConfiguration, tokens: TokenLedger) {
        callsKept = max(1, configuration.callsKeptPerUser)
        directory = tokens.directory
        self.tokens = tokens
        observer = configuration.observer
        state = Mutex(
            State(
                directions: Directions(
                    directory,
                    shares: configuration.shares,
                    latency: configuration.latency,
                    seed: configuration.seed
                ),
                calls: Array(repeating: UserCalls(), count: directory.ids.count)
            )
        )
    }

    /// Begins a call; nil if no user has this token, or it has expired.
    func begin(token: TokenFingerprint?, httpVersion: String, queryBytes: Int) -> RequestOrder? {
        let user: Int
        switch token.map(tokens.present) ?? .unknown {
        case .user(let known): user = known
        case .expired:
            count(\.expiredTokens)
            return nil
        case .unknown:
            count(\.unknownTokens)
            return nil
        }
        return state.withLock { state in
            let order = state.directions.order(state.calls[user].count + 1, of: user, during: state.outage)
            let call = CallRecord(
                number: order.number,
                started: Timestamp.atPresent.microsecondsSinceEpoch,
                httpVersion: httpVersion,
                behaviour: order.name,
                queryBytes: queryBytes
            )
            state.calls[user].begin(call, keeping: callsKept)
            state.log.total += 1
            state.log.inFlight += 1
            state.log.maxConcurrent = max(state.log.maxConcurrent, state.log.inFlight)
            state.log.behaviours[order.name, default: 0] += 1
            state.releaseMet()
            return order
        }
    }

    /// The whole request of a call has arrived.
    func read(_ order: RequestOrder) {
        report(.read, order)
    }

    /// Ends a call.
    ///
    /// Must be called before the last byte of the answer is sent: a caller that has its answer may call again at once,
    /// and the two calls must not count as concurrent.
    func end(_ order: RequestOrder, _ ending: CallRecord.Ending, status: Int?, bodyBytes: Int) {
        if let event = CallEvent.Kind(ending) { report(event, order, status: status) }
        state.withLock { state in
            guard let user = order.user, order.generation == state.directions.generation else { return }
            state.calls[user].end(
                order.number,
                at: Timestamp.atPresent.microsecondsSinceEpoch,
                ending,
                status: status,
                bodyBytes: bodyBytes
            )
            state.log.inFlight -= 1
            state.releaseMet()
        }
    }

    private func report(_ event: CallEvent.Kind, _ order: RequestOrder, status: Int? = nil) {
        guard let observer, let user = order.user else { return }
        observer(CallEvent(event, user: directory.ids[user], call: order.number, status: status))
    }

    func count(_ counter: any WritableKeyPath<CallLog, Int> & Sendable) {
        state.withLock { $0.log[keyPath: counter] += 1 }
    }

    /// The log, with all calls or only with counts.
    func snapshot(withCalls: Bool = true) -> CallLog {
        state.withLock { state in
            var log = state.log
            for (id, var calls) in zip(directory.ids, state.calls) where calls.count > 0 {
                if !withCalls { calls.calls = [] }
                log.users[id.rawValue] = calls
            }
            return log
        }
    }

    /// The counts over all users, without iterating over them; `users` is empty.
    func totals() -> CallLog {
        state.withLock { $0.log }
    }

    /// Nil if there is no such user.
    func calls(of user: UserID) -> UserCalls? {
        directory.index(of: user).map { index in state.withLock { $0.calls[index] } }
    }
}

extension CallLedger.State {
    /// Ends the waits for calls that have now begun or ended.
    mutating func releaseMet() {
        waiting.releaseMet { user in
            guard let user else { return (log.total, log.total - log.inFlight) }
            return (calls[user].count, calls[user].count - calls[user].inFlight)
        }
    }
}
