import RefreshCore
import Synchronization

/// Knows the users, decides the behaviour of each call, and keeps the records.
final class CallLedger: Sendable {
    struct Account: Sendable {
        let id: UserID
        let draw: StableDraw
        var script: Script?
        var calls = UserCalls()
    }

    struct State: Sendable {
        var accounts: [Account]
        var scriptForAll: Script?
        var outage: Outage?
        var log = CallLog()
        var ended = 0
        var generation = 0
        var waiting = WaitingRoom()
    }

    private let shares: Shares
    private let latency: Latency
    private let callsKept: Int
    private let directory: UserDirectory
    private let tokens: TokenLedger
    private let observer: (@Sendable (CallEvent) -> Void)?
    let state: Mutex<State>

    init(_ configuration: SandboxConfiguration, tokens: TokenLedger) {
        shares = configuration.shares
        latency = configuration.latency
        callsKept = max(1, configuration.callsKeptPerUser)
        directory = tokens.directory
        self.tokens = tokens
        observer = configuration.observer
        let accounts = directory.ids.map { Account(id: $0, draw: StableDraw(user: $0, seed: configuration.seed)) }
        state = Mutex(State(accounts: accounts))
    }

    /// Begins a call; nil if no user has this token, or it has expired.
    func begin(token: TokenFingerprint?, httpVersion: String, queryBytes: Int) -> CallOrder? {
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
        let (order, met) = state.withLock { state in
            let number = state.accounts[user].calls.count + 1
            let draw = state.accounts[user].draw.numbers(call: number)
            let behaviour = state.behaviour(for: user, shares: shares, draw: draw.behaviour)
            let name = state.outage == nil ? behaviour.name : "outage"
            let call = CallRecord(
                number: number,
                started: Timestamp.atPresent.microsecondsSinceEpoch,
                ended: nil,
                httpVersion: httpVersion,
                behaviour: name,
                status: nil,
                ending: .inFlight,
                bodyBytes: 0,
                queryBytes: queryBytes
            )
            state.accounts[user].calls.begin(call, keeping: callsKept)
            state.log.total += 1
            state.log.inFlight += 1
            state.log.maxConcurrent = max(state.log.maxConcurrent, state.log.inFlight)
            state.log.behaviours[name, default: 0] += 1
            let order = CallOrder(
                user: user,
                number: number,
                behaviour: behaviour,
                latency: state.outage == nil ? latency.delay(for: draw.latency) : .zero,
                generation: state.generation
            )
            return (order, state.takeMet())
        }
        met.resume()
        return order
    }

    /// The whole request of a call has arrived.
    func read(_ order: CallOrder) {
        observer?(CallEvent(.read, user: directory.ids[order.user], call: order.number))
    }

    /// Ends a call.
    ///
    /// Must be called before the last byte of the answer is sent: a caller that has its answer may call again at once,
    /// and the two calls must not count as concurrent.
    func end(_ order: CallOrder, _ ending: CallRecord.Ending, status: Int?, bodyBytes: Int) {
        if let event = CallEvent.Kind(ending) {
            observer?(CallEvent(event, user: directory.ids[order.user], call: order.number, status: status))
        }
        let met = state.withLock { state -> WaitingRoom.Met in
            guard order.generation == state.generation else { return .none }
            state.accounts[order.user].calls.end(
                order.number,
                at: Timestamp.atPresent.microsecondsSinceEpoch,
                ending,
                status: status,
                bodyBytes: bodyBytes
            )
            state.log.inFlight -= 1
            state.ended += 1
            return state.takeMet()
        }
        met.resume()
    }

    func count(_ counter: any WritableKeyPath<CallLog, Int> & Sendable) {
        state.withLock { $0.log[keyPath: counter] += 1 }
    }

    /// The log, with all calls or only with counts.
    func snapshot(withCalls: Bool = true) -> CallLog {
        state.withLock { state in
            var log = state.log
            for account in state.accounts where account.calls.count > 0 {
                log.users[account.id.rawValue] = withCalls ? account.calls : account.calls.counts()
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
        index(of: user).map { index in state.withLock { $0.accounts[index].calls } }
    }

    func index(of user: UserID) -> Int? {
        directory.index(of: user)
    }
}

extension CallLedger.State {
    fileprivate mutating func behaviour(for user: Int, shares: Shares, draw: Double) -> Behaviour {
        switch outage {
        case .status(let code): return .status(code, .json)
        case .refuse: return .closeWithoutAnswer
        case nil: break
        }
        if let behaviour = accounts[user].script?.next() { return behaviour }
        if let behaviour = scriptForAll?.next() { return behaviour }
        return shares.behaviour(for: draw)
    }

    mutating func takeMet() -> WaitingRoom.Met {
        waiting.takeMet(begun: log.total, ended: ended) { user in
            let calls = accounts[user].calls
            return (calls.count, calls.count - calls.inFlight)
        }
    }
}
