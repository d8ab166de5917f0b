package import RefreshCore
import Synchronization

/// The store on a PostgreSQL server, which several daemons can share.
///
/// A lease is one row for a batch of users. Claims run one at a time, under a lock of the one row of `fleet`, and skip
/// every place in an open batch, so no user is called twice at once. Each transaction is durable before its call
/// returns.
///
/// There are five connections, so that neither a long list nor a rewrite holds up the queue, and none of them holds up
/// the members' messages or the figures on display.
package final class PostgreSQLUserStore: UserStore {
    package let seed: UInt64
    /// The server, for messages.
    package let place: String
    /// Whether this opening created the schema.
    package let isNew: Bool
    /// Identifies this opening of the store.
    let member = Int64.random(in: .min ... .max)
    let name: String
    /// The name of a lock that only this process holds, so earlier holders have ended; nil for none.
    let lock: String?
    let leaseClock: LeaseClock
    let placing: @Sendable (UserID) -> Place
    /// The address of the API that the tokens are for; nil if this process adds no tokens.
    let environment: String?
    private let queue: PostgreSQLConnection
    private let rewrites: PostgreSQLConnection
    private let lists: PostgreSQLConnection
    private let heartbeat: PostgreSQLConnection
    private let shown: PostgreSQLConnection
    let bell = ChangeBell()
    let batches = Mutex(OpenBatches())
    let days = Mutex(Set<Int32>())
    let growth = Mutex(TableGrowth())
    /// Whether leases require that the member was heard from recently.
    private let isOfFleet = Mutex(false)
    /// The version of the settings that this member calls by; nil before it has any.
    let settingsVersion = Mutex<Int64?>(nil)

    /// Opens the store, or creates it if the database has none, unless it `mustExist`.
    ///
    /// What an existing store says about itself is passed to `verifying` before anything in it changes, migrations
    /// included. `name` is the member's own. `lock` names a lock that only this process holds: leases of an earlier
    /// opening with the same lock are recovered at once, because that process has ended. All other leases are recovered
    /// after they end. `placing` overrides the users' places, for tests of two users that want the same place. Adding a
    /// token marks the store as one of `environment`.
    package static func open(
        _ settings: ConnectionSettings, name: String, version: String, lock: String? = nil,
        environment: String? = nil, mustExist: Bool = false, leaseClock: LeaseClock = .server,
        placing: (@Sendable (UserID) -> Place)? = nil,
        verifying verify: @escaping @Sendable (StoreMarks) throws -> Void
    ) async throws(StoreProblem) -> PostgreSQLUserStore {
        let lists = PostgreSQLConnection(settings, label: "store: lists")
        let opening = SchemaOpening(version: version, mustExist: mustExist)
        let (seed, isNew) = try await perform(.patient, on: lists) { session in
            try opening.open(session, at: settings, verifying: verify)
        }
        return PostgreSQLUserStore(
            settings, lists: lists, made: (seed, isNew), member: (name, lock), environment: environment,
            leaseClock: leaseClock, placing: placing ?? { Place(of: $0, seed: seed) })
    }

    private init(
        _ settings: ConnectionSettings, lists: PostgreSQLConnection, made: (seed: UInt64, isNew: Bool),
        member: (name: String, lock: String?), environment: String?, leaseClock: LeaseClock,
        placing: @escaping @Sendable (UserID) -> Place
    ) {
        place = settings.place
        (seed, isNew) = made
        (name, lock) = member
        self.lists = lists
        queue = PostgreSQLConnection(settings, label: "store: queue")
        rewrites = PostgreSQLConnection(settings, label: "store: rewrites")
        heartbeat = PostgreSQLConnection(settings, label: "store: heartbeat", bell: bell)
        shown = PostgreSQLConnection(settings, label: "store: figures")
        self.environment = environment
        self.leaseClock = leaseClock
        self.placing = placing
    }

    /// This opening as a member of the fleet; from then on it gets leases only while it is heard from.
    package func fleet(version: String) -> PostgreSQLFleet {
        isOfFleet.withLock { $0 = true }
        return PostgreSQLFleet(store: self, version: version)
    }

    /// The conditions for a claim made at this moment of the caller's calendar.
    func claimTerms(_ now: Timestamp) -> ClaimTerms {
        ClaimTerms(
            clock: leaseClock.sql(now), isOfFleet: isOfFleet.withLock { $0 },
            settingsVersion: settingsVersion.withLock { $0 })
    }

    /// Closes the connections; leases stay for another opening to recover.
    package func close() async {
        await queue.close()
        await rewrites.close()
        await lists.close()
        await heartbeat.close()
        await shown.close()
    }

    // MARK: Access

    /// Runs `body` on the connection for these limits.
    func perform<Value: Sendable>(
        _ limits: TransactionLimits, _ body: @escaping @Sendable (Session) throws -> Value
    ) async throws(StoreProblem) -> Value {
        let connection =
            switch limits {
            case .queue: queue
            case .scheduler: rewrites
            case .patient, .named: lists
            case .heartbeat: heartbeat
            case .figures: shown
            }
        return try await Self.perform(limits, on: connection, body)
    }

    /// Handles a server that is not the one the fleet worked with.
    ///
    /// Nil if nothing had to be done, or if the promotion is still in progress.
    func answerPromotion(as member: Int64?) async throws(StoreProblem) -> StorePromotion? {
        let known = batches.withLock(\.acknowledged)
        // No list may hold up a member, since the others wait for it.
        let connection = member == nil ? lists : heartbeat
        let answer = try await Self.perform(.patient, on: connection) { session in
            try Promotion.answer(session, as: member, knowing: known)
        }
        if member != nil, let server = answer.server { batches.withLock { $0.acknowledged.compared(with: server) } }
        return answer.end
    }

    /// Runs `body`, and again if the server says that a retry may succeed.
    private static func perform<Value: Sendable>(
        _ limits: TransactionLimits, on connection: PostgreSQLConnection,
        _ body: @escaping @Sendable (Session) throws -> Value
    ) async throws(StoreProblem) -> Value {
        let deadline = ContinuousClock.now + limits.patience
        var tries = 0
        while true {
            do {
                return try await connection.perform(until: deadline, body)
            } catch {
                tries += 1
                guard let problem = error as? PostgreSQLError, problem.isTransient, tries < 5 else {
                    throw StoreProblem(error, at: connection.settings)
                }
            }
        }
    }

    /// One transaction of several round trips, for operators; other members are notified if it is `announced`.
    func change<Value: Sendable>(
        announced: Bool = false, limits: TransactionLimits = .named,
        _ body: @escaping @Sendable (Session) throws -> Value
    ) async throws(StoreProblem) -> Value {
        try await perform(limits) { session in
            try session.transaction(limits: limits) {
                let value = try body(session)
                if announced { _ = try session.run([ChangeBell.ring]) }
                return value
            }
        }
    }

    /// As `change`, for changes of users; throws if the store is closed, or if nobody may be able to open these tokens.
    ///
    /// It is not closed, and lets no key go, before the transaction ends. Afterwards any user may be due at any moment,
    /// unless the body `changesDue` of none.
    func changeUsers<Value: Sendable>(
        announced: Bool = true, changesDue: Bool = true, limits: TransactionLimits = .named,
        storing tokens: [SealedToken] = [], _ body: @escaping @Sendable (Session) throws -> Value
    ) async throws(StoreProblem) -> Value {
        let value = try await change(announced: announced, limits: limits) { [place] session in
            let rows = try session.run(
                [MarksLock.shared, Meta.select(.keyChecks), Meta.select(.departure), Meta.select(.arrival)])
            let marks = StoreMarks(
                keyChecks: try rows[1].metaJSON([[UInt8]].self)?.map(SealedToken.init(bytes:)) ?? [],
                departure: try rows[2].metaJSON(StoreDeparture.self), arrival: try rows[3].metaJSON(StoreArrival.self))
            if let closure = marks.closure { throw StoreProblem.closed(place: place, closure) }
            try SealedToken.verify(tokens, against: marks.keyChecks, at: place)
            return try body(session)
        }
        if changesDue { batches.withLock { $0.lower(to: nil) } }
        return value
    }

    /// Runs these statements in one transaction, which changes no user.
    func change(
        announced: Bool = false, limits: TransactionLimits = .named,
        by statements: @escaping @autoclosure @Sendable () throws -> [Statement]
    ) async throws(StoreProblem) {
        try await change(announced: announced, limits: limits) { session in _ = try session.run(statements()) }
    }

    /// Runs one statement, and returns what `body` makes of its result.
    func read<Value: Sendable>(
        _ statement: Statement, limits: TransactionLimits = .patient,
        _ body: @escaping @Sendable (Rows) throws -> Value
    ) async throws(StoreProblem) -> Value {
        try await perform(limits) { session in try body(session.read([statement], limits: limits)[0]) }
    }
}
