import RefreshCore
import Synchronization

/// Issues, rotates and revokes tokens, decides the behaviour of each token request, and keeps the records.
package final class TokenLedger: Sendable {
    /// The default lifetime of a token, from the vendor's documentation.
    static let vendorsLifetime = Duration.seconds(7_776_000)

    struct State: Sendable {
        var book: TokenBook
        var clientID: String?
        var clientSecret: TokenFingerprint?
        var lifetime: Duration?
        var rotation: TokenRotation
        var directions: Directions
        var log = RenewalLog()
        /// By user; nil for requests whose user is unknown.
        var renewals: [Int?: UserRenewals] = [:]
        var waiting = WaitingRoom()
    }

    let directory: UserDirectory
    private let recordsKept: Int
    let state: Mutex<State>

    init(_ configuration: SandboxConfiguration, directory: UserDirectory) {
        self.directory = directory
        recordsKept = max(1, configuration.callsKeptPerUser)
        var book = TokenBook(users: directory.ids.count)
        for user in configuration.users.list {
            guard let index = directory.index(of: user.id) else { continue }
            book.add(
                index,
                access: TokenFingerprint(of: user.token),
                refresh: user.refreshToken.map { TokenFingerprint(of: $0) },
                expiresAt: user.expiresAt
            )
        }
        state = Mutex(
            State(
                book: book,
                clientID: configuration.client?.id,
                clientSecret: configuration.client?.secret.withBytes { TokenFingerprint(of: $0) },
                lifetime: configuration.tokenLifetime,
                rotation: configuration.rotation,
                directions: Directions(
                    directory,
                    shares: configuration.tokenShares,
                    latency: configuration.latency,
                    // Differs from the calls' seed, so that calls and renewals do not fail together.
                    seed: ~configuration.seed
                )
            )
        )
    }

    /// The user of this access token at this moment.
    func present(_ access: TokenFingerprint) -> TokenBook.Presented {
        state.withLock { $0.book.present(access, now: .atPresent, endsSuperseded: $0.rotation == .onUse) }
    }

    func begin(_ request: TokenRequest, httpVersion: String, outage: Outage?) -> RequestOrder {
        state.withLock { state in
            let user = state.user(named: request.grant, in: directory)
            let earlier = state.renewals[user] ?? UserRenewals()
            let order = state.directions.order(earlier.count + 1, of: user, during: outage)
            let record = RenewalRecord(
                number: order.number,
                started: Timestamp.atPresent.microsecondsSinceEpoch,
                grant: request.grantName,
                behaviour: order.name,
                httpVersion: httpVersion
            )
            if user != nil, earlier.inFlight > 0 { state.log.overlapping += 1 }
            state.renewals[user, default: UserRenewals()].begin(record, keeping: recordsKept)
            state.log.total += 1
            state.log.inFlight += 1
            state.log.maxConcurrent = max(state.log.maxConcurrent, state.log.inFlight)
            state.log.behaviours[order.name, default: 0] += 1
            state.releaseMet()
            return order
        }
    }

    /// Evaluates the grant, exchanges the tokens, and returns the caller's answer.
    func settle(_ order: RequestOrder, _ request: TokenRequest) -> Answer {
        state.withLock { state in
            let (answer, outcome): (Answer, RenewalRecord.Outcome)
            do throws(TokenRefusal) {
                (answer, outcome) = (.pair(try state.trade(request, of: order.user)), .renewed)
            } catch {
                (answer, outcome) = (.refusal(error), error.outcome)
            }
            if order.generation == state.directions.generation {
                state.log.outcomes[outcome.rawValue, default: 0] += 1
                state.renewals[order.user]?.settle(order.number, outcome)
            }
            return answer
        }
    }

    /// Ends a request; must be called before the last byte of the answer is sent.
    func end(_ order: RequestOrder, _ ending: CallRecord.Ending, status: Int?) {
        state.withLock { state in
            guard order.generation == state.directions.generation else { return }
            let now = Timestamp.atPresent.microsecondsSinceEpoch
            state.renewals[order.user]?.end(order.number, at: now, ending, status: status)
            state.log.inFlight -= 1
            state.releaseMet()
        }
    }

    /// All requests since the start or the last reset, with their records or only with counts.
    package func snapshot(withRecords: Bool = true) -> RenewalLog {
        state.withLock { state in
            var log = state.log
            for (user, var renewals) in state.renewals {
                if !withRecords { renewals.renewals = [] }
                if let user {
                    log.users[directory.ids[user].rawValue] = renewals
                } else {
                    log.unattributed = renewals
                }
            }
            return log
        }
    }
}
