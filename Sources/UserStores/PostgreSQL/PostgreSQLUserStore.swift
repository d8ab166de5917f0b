package import RefreshCore
import Synchronization

/// The store on a PostgreSQL server, which several daemons can use.
///
/// A lease is one row for a batch of users. Claims are made one at a time under a lock of the one row of `fleet`, and leave
/// out every place in an open batch: so nobody is called twice at once. Four connections, so that a long list never holds up
/// the queue, and neither of them what members tell each other or what is shown; each transaction is durable before its call
/// returns.
package final class PostgreSQLUserStore: UserStore {
    package let seed: UInt64
    /// For messages.
    package let place: String
    /// Whether the schema was made by this opening.
    package let isNew: Bool
    /// Which opening of the store this is.
    let member: Int64
    let name: String
    /// Whoever had the same before has ended; nil where nothing proves that of anybody.
    let lock: String?
    let leaseClock: LeaseClock
    let placing: @Sendable (UserID) -> Place
    /// The address of the API that tokens are brought for; nil where nobody brings any.
    let environment: String?
    private let queue: PostgreSQLConnection
    private let lists: PostgreSQLConnection
    private let heartbeat: PostgreSQLConnection
    private let shown: PostgreSQLConnection
    let bell: ChangeBell
    let batches = Mutex(OpenBatches())
    let days = Mutex(Set<Int32>())
    let growth = Mutex(TableGrowth())
    /// Whether leases are given only to a member that was heard of.
    private let isOfFleet = Mutex(false)
    /// By which settings this member calls; nil before it took any.
    let settingsVersion = Mutex<Int64?>(nil)

    /// Opens the store, or makes it where the database has none, unless it `mustExist`.
    ///
    /// What a store that exists tells of itself is handed to `verifying` before anything in it is changed, migrations
    /// included. `name` is the member's own. `lock` names a lock that this process has alone, so that leases of an earlier
    /// opening with it are recovered at once: that process has ended. All others are recovered once they ended. `placing`
    /// gives users other places than their own, for tests of what happens when two want the same. Who puts a token marks
    /// the store as one of `environment`.
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
        self.member = Int64.random(in: .min ... .max)
        self.lists = lists
        queue = PostgreSQLConnection(settings, label: "store: queue")
        bell = ChangeBell()
        heartbeat = PostgreSQLConnection(settings, label: "store: heartbeat", bell: bell)
        shown = PostgreSQLConnection(settings, label: "store: figures")
        self.environment = environment
        self.leaseClock = leaseClock
        self.placing = placing
    }

    /// This opening as a member of the fleet: from now on it has leases only while others hear of it.
    package func fleet(version: String) -> PostgreSQLFleet {
        isOfFleet.withLock { $0 = true }
        return PostgreSQLFleet(store: self, version: version)
    }

    /// What stands in the way of a claim that is made at this moment of the caller's calendar.
    func claimTerms(_ now: Timestamp) -> ClaimTerms {
        ClaimTerms(
            clock: leaseClock.sql(now), isOfFleet: isOfFleet.withLock { $0 },
            settingsVersion: settingsVersion.withLock { $0 })
    }

    /// Closes the connections; leases stay, for whoever recovers them.
    package func close() async {
        await queue.close()
        await lists.close()
        await heartbeat.close()
        await shown.close()
    }

    // MARK: Access

    /// Runs `body` on the connection that these limits are meant for.
    func perform<Value: Sendable>(
        _ limits: TransactionLimits, _ body: @escaping @Sendable (Session) throws -> Value
    ) async throws(StoreProblem) -> Value {
        let connection =
            switch limits {
            case .queue: queue
            case .patient, .named: lists
            case .heartbeat: heartbeat
            case .figures: shown
            }
        return try await Self.perform(limits, on: connection, body)
    }

    /// Does what is to be done where another server answers than the fleet worked with; nil if nothing was, or the end of
    /// it is still open.
    func answerPromotion(as member: Int64?) async throws(StoreProblem) -> StorePromotion? {
        let known = batches.withLock(\.acknowledged)
        // No list holds up a member, whom the others wait for.
        let connection = member == nil ? lists : heartbeat
        let answer = try await Self.perform(.patient, on: connection) { session in
            try Promotion.answer(session, as: member, knowing: known)
        }
        if member != nil, let server = answer.server { batches.withLock { $0.acknowledged.compared(with: server) } }
        return answer.end
    }

    /// Runs `body` again where the server says that the same may succeed then.
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

    /// One transaction of several round trips for operators; other members are told if it is `announced`.
    func change<Value: Sendable>(
        announced: Bool = false, _ body: @escaping @Sendable (Session) throws -> Value
    ) async throws(StoreProblem) -> Value {
        try await perform(.named) { session in
            try session.transaction(limits: .named) {
                let value = try body(session)
                if announced { _ = try session.run([ChangeBell.ring]) }
                return value
            }
        }
    }

    /// What one statement brings.
    func read<Value: Sendable>(
        _ statement: Statement, limits: TransactionLimits = .patient,
        _ body: @escaping @Sendable (Rows) throws -> Value
    ) async throws(StoreProblem) -> Value {
        try await perform(limits) { session in try body(session.read([statement], limits: limits)[0]) }
    }
}
