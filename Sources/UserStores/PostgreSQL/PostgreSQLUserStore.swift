package import RefreshCore
import Synchronization

/// The store on a PostgreSQL server, which several daemons can use.
///
/// A lease is one row for a batch of users. Claims are made one at a time under a lock of the one row of `fleet`, and leave
/// out every place in an open batch: so nobody is called twice at once. Two connections, so that a long list never holds
/// up the queue; each transaction is durable before its call returns.
package final class PostgreSQLUserStore: UserStore {
    package let seed: UInt64
    /// For messages.
    package let place: String
    /// Whether the schema was made by this opening.
    package let isNew: Bool
    /// Which opening of the store this is.
    let member: Int64
    /// Of the member; another opening of the same name ended before this one began.
    let name: String
    let placing: @Sendable (UserID) -> Place
    /// The address of the API that tokens are brought for; nil where nobody brings any.
    let environment: String?
    private let queue: PostgreSQLConnection
    private let lists: PostgreSQLConnection
    let batches = Mutex(OpenBatches())
    let days = Mutex(Set<Int32>())

    /// Opens the store, or makes it where the database has none.
    ///
    /// What a store that exists tells of itself is handed to `verifying` before anything in it is changed, migrations
    /// included. `name` is the member's own: an earlier opening of that name counts as ended, and its leases are recovered.
    /// `placing` gives users other places than their own, for tests of what happens when two want the same. Who puts a
    /// token marks the store as one of `environment`.
    package static func open(
        _ settings: ConnectionSettings, name: String, version: String, now: Timestamp, environment: String? = nil,
        placing: (@Sendable (UserID) -> Place)? = nil, verifying verify: @escaping @Sendable (StoreMarks) throws -> Void
    ) async throws(StoreProblem) -> PostgreSQLUserStore {
        let lists = PostgreSQLConnection(settings, label: "store: lists")
        let member = Int64.random(in: .min ... .max)
        let opening = SchemaOpening(version: version, name: name, member: member, now: now)
        let (seed, isNew) = try await perform(.patient, on: lists) { session in
            try opening.open(session, at: settings, verifying: verify)
        }
        return PostgreSQLUserStore(
            settings, lists: lists, identity: (seed, isNew, member, name), environment: environment,
            placing: placing ?? { Place(of: $0, seed: seed) })
    }

    private init(
        _ settings: ConnectionSettings, lists: PostgreSQLConnection,
        identity: (seed: UInt64, isNew: Bool, member: Int64, name: String), environment: String?,
        placing: @escaping @Sendable (UserID) -> Place
    ) {
        place = settings.place
        (seed, isNew, member, name) = identity
        self.lists = lists
        queue = PostgreSQLConnection(settings, label: "store: queue")
        self.environment = environment
        self.placing = placing
    }

    /// Closes the connections; leases stay, for the next opening of the name to recover.
    package func close() async {
        await queue.close()
        await lists.close()
    }

    // MARK: Access

    /// Runs `body` on the connection that these limits are meant for.
    func perform<Value: Sendable>(
        _ limits: TransactionLimits, _ body: @escaping @Sendable (Session) throws -> Value
    ) async throws(StoreProblem) -> Value {
        let connection =
            switch limits {
            case .queue: queue
            case .patient: lists
            }
        return try await Self.perform(limits, on: connection, body)
    }

    /// Runs `body` again where the server says that the same may succeed then.
    private static func perform<Value: Sendable>(
        _ limits: TransactionLimits, on connection: PostgreSQLConnection,
        _ body: @escaping @Sendable (Session) throws -> Value
    ) async throws(StoreProblem) -> Value {
        var tries = 0
        while true {
            do {
                return try await connection.perform(within: limits.patience, body)
            } catch {
                tries += 1
                guard let problem = error as? PostgreSQLError, problem.isTransient, tries < 5 else {
                    throw StoreProblem(error, at: connection.settings)
                }
            }
        }
    }

    /// One transaction of several round trips for operators.
    func change<Value: Sendable>(
        _ body: @escaping @Sendable (Session) throws -> Value
    ) async throws(StoreProblem) -> Value {
        try await perform(.patient) { session in
            try session.transaction(limits: .patient) { try body(session) }
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
