import RefreshCore
import Synchronization

/// Issues, rotates and revokes tokens, decides the behaviour of each token request, and keeps the records.
final class TokenLedger: Sendable {
    /// The default lifetime of a token, from the vendor's documentation.
    static let vendorsLifetime = Duration.seconds(7_776_000)
    /// The key for requests whose user is unknown.
    private static let nobody = -1

    struct State: Sendable {
        var book: TokenBook
        var clientID: String?
        var clientSecret: TokenFingerprint?
        var lifetime: Duration?
        var rotation: TokenRotation
        var scripts: [Int: Script] = [:]
        var scriptForAll: Script?
        var log = RenewalLog()
        var renewals: [Int: UserRenewals] = [:]
        var ended = 0
        var generation = 0
        var waiting = WaitingRoom()
    }

    let directory: UserDirectory
    private let shares: Shares
    private let latency: Latency
    private let seed: UInt64
    private let recordsKept: Int
    let state: Mutex<State>

    init(_ configuration: SandboxConfiguration, directory: UserDirectory) {
        self.directory = directory
        shares = configuration.tokenShares
        latency = configuration.latency
        // Differs from the calls' seed, so that calls and renewals do not fail together.
        seed = ~configuration.seed
        recordsKept = max(1, configuration.callsKeptPerUser)
        var book = TokenBook(users: directory.ids.count)
        for user in configuration.users.list {
            guard let index = directory.index(of: user.id) else { continue }
            book.add(
                index,
                access: user.token.secret.withBytes { TokenFingerprint(of: $0) },
                refresh: user.refreshToken?.secret.withBytes { TokenFingerprint(of: $0) },
                expiresAt: user.expiresAt
            )
        }
        state = Mutex(
            State(
                book: book,
                clientID: configuration.client?.id,
                clientSecret: configuration.client?.secret.withBytes { TokenFingerprint(of: $0) },
                lifetime: configuration.tokenLifetime,
                rotation: configuration.rotation
            )
        )
    }

    /// The user of this access token at this moment.
    func present(_ access: TokenFingerprint) -> TokenBook.Presented {
        state.withLock { $0.book.present(access, now: .atPresent, endsSuperseded: $0.rotation == .onUse) }
    }

    func begin(_ request: TokenRequest, httpVersion: String, outage: Outage?) -> RenewalOrder {
        var (order, met) = state.withLock { state in
            let user = state.user(named: request.grant, in: directory)
            let key = user ?? Self.nobody
            let number = (state.renewals[key]?.count ?? 0) + 1
            let draw = user.map { StableDraw(user: directory.ids[$0], seed: seed).numbers(call: number) }
            let behaviour = state.behaviour(for: user, outage: outage, shares: shares, draw: draw?.behaviour ?? 1)
            let record = RenewalRecord(
                number: number,
                started: Timestamp.atPresent.microsecondsSinceEpoch,
                ended: nil,
                grant: request.grantName,
                outcome: nil,
                behaviour: outage == nil ? behaviour.name : "outage",
                httpVersion: httpVersion,
                status: nil,
                ending: .inFlight
            )
            if user != nil, (state.renewals[key]?.inFlight ?? 0) > 0 { state.log.overlapping += 1 }
            state.renewals[key, default: UserRenewals()].begin(record, keeping: recordsKept)
            state.log.total += 1
            state.log.inFlight += 1
            state.log.maxConcurrent = max(state.log.maxConcurrent, state.log.inFlight)
            state.log.behaviours[record.behaviour, default: 0] += 1
            let order = RenewalOrder(
                request: request,
                user: user,
                number: number,
                behaviour: behaviour,
                latency: outage == nil ? latency.delay(for: draw?.latency ?? 0) : .zero,
                generation: state.generation
            )
            return (order, state.takeMet())
        }
        met.resume()
        if case .traded = order.behaviour { order.settled = settle(order) }
        return order
    }

    /// Evaluates the grant, exchanges the tokens, and returns the caller's answer.
    func settle(_ order: RenewalOrder) -> Answer {
        let result = state.withLock { state in
            let result = state.trade(order, directory, lifetime: state.lifetime ?? Self.vendorsLifetime)
            guard order.generation == state.generation else { return result }
            let outcome: RenewalRecord.Outcome
            switch result {
            case .success: outcome = .renewed
            case .failure(let refusal): outcome = refusal.outcome
            }
            state.log.outcomes[outcome.rawValue, default: 0] += 1
            state.renewals[order.user ?? Self.nobody]?.settle(order.number, outcome)
            return result
        }
        switch result {
        case .success(let pair): return .pair(pair)
        case .failure(let refusal): return .refusal(refusal)
        }
    }

    /// Ends a request; must be called before the last byte of the answer is sent.
    func end(_ order: RenewalOrder, _ ending: CallRecord.Ending, status: Int?) {
        let met = state.withLock { state -> WaitingRoom.Met in
            guard order.generation == state.generation else { return .none }
            let now = Timestamp.atPresent.microsecondsSinceEpoch
            state.renewals[order.user ?? Self.nobody]?.end(order.number, at: now, ending, status: status)
            state.log.inFlight -= 1
            state.ended += 1
            return state.takeMet()
        }
        met.resume()
    }

    /// The log, with all records or only with counts.
    func snapshot(withRecords: Bool = true) -> RenewalLog {
        state.withLock { state in
            var log = state.log
            for (user, renewals) in state.renewals {
                let shown = withRecords ? renewals : renewals.counts()
                if user == Self.nobody {
                    log.unattributed = shown
                } else {
                    log.users[directory.ids[user].rawValue] = shown
                }
            }
            return log
        }
    }
}
