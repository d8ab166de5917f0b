import FoundationEssentials
import RefreshCore
import Synchronization

/// Knows the users, decides what each call meets, and keeps the books.
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
    private let byToken: [TokenFingerprint: Int]
    private let byID: [UserID: Int]
    let state: Mutex<State>

    init(_ configuration: SandboxConfiguration) {
        shares = configuration.shares
        latency = configuration.latency
        callsKept = max(1, configuration.callsKeptPerUser)
        var accounts: [Account] = []
        var byToken: [TokenFingerprint: Int] = [:]
        var byID: [UserID: Int] = [:]
        for user in configuration.users.list {
            let index = byID[user.id] ?? accounts.count
            if index == accounts.count {
                accounts.append(
                    Account(id: user.id, draw: StableDraw(user: user.id, seed: configuration.seed))
                )
                byID[user.id] = index
            }
            byToken[user.token.secret.withBytes { TokenFingerprint(of: Array($0)) }] = index
        }
        self.byToken = byToken
        self.byID = byID
        state = Mutex(State(accounts: accounts))
    }

    /// Begins a call, or returns nil when nobody has that token.
    func begin(token: TokenFingerprint?, httpVersion: String, queryBytes: Int) -> CallOrder? {
        guard let token, let user = byToken[token] else {
            state.withLock { $0.log.unknownTokens += 1 }
            return nil
        }
        let (order, met) = state.withLock { state in
            let number = state.accounts[user].calls.count + 1
            let draw = state.accounts[user].draw.numbers(call: number)
            let behaviour = state.behaviour(for: user, shares: shares, draw: draw.behaviour)
            let name = state.outage == nil ? behaviour.name : "outage"
            let call = CallRecord(
                number: number,
                started: Self.now(),
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

    /// Ends a call.
    ///
    /// To be called before the last byte goes out: a caller that has its answer may call again at once,
    /// and must not be taken for two at a time.
    func end(_ order: CallOrder, _ ending: CallRecord.Ending, status: Int?, bodyBytes: Int) {
        let met = state.withLock { state -> WaitingRoom.Met in
            guard order.generation == state.generation else { return .none }
            state.accounts[order.user].calls.end(
                order.number,
                at: Self.now(),
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

    /// The log, with every single call or with counts alone.
    func snapshot(withCalls: Bool = true) -> CallLog {
        state.withLock { state in
            var log = state.log
            for account in state.accounts where account.calls.count > 0 {
                log.users[account.id.rawValue] = withCalls ? account.calls : account.calls.counts()
            }
            return log
        }
    }

    /// The counts over all users, without looking at each.
    func totals() -> CallLog {
        state.withLock { $0.log }
    }

    /// Nil when there is no such user.
    func calls(of user: UserID) -> UserCalls? {
        index(of: user).map { index in state.withLock { $0.accounts[index].calls } }
    }

    func index(of user: UserID) -> Int? {
        byID[user]
    }

    private static func now() -> Int64 {
        Int64(Date().timeIntervalSince1970 * 1_000_000)
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
        waiting.takeMet(begun: log.total, ended: ended) { accounts[$0].calls }
    }
}
