package import RefreshCore

/// All operations that an operator can request.
package enum Operations {
    package static let all: [any Operation.Type] = [
        ReadStatus.self, ReadHealth.self, ReloadConfiguration.self, PauseAll.self, ResumeAll.self, RefreshUsers.self,
        QueueRefresh.self, CountDue.self, ReadFleetSettings.self,
        ListUsers.self, ListUserLines.self, ListIDs.self, ShowUser.self, ReadHistory.self, ExportUser.self,
        ExportLines.self,
        PutUsers.self, PreviewUsers.self, ReadPlacing.self, RemoveUsers.self, RegroupUsers.self, RenameUser.self,
        PauseUser.self, ResumeUser.self,
        ReadKeys.self, CountKeyUsage.self, ReloadKeys.self, CompactStore.self,
    ]
}

/// An operation that an operator can request, with its parameters; each has its own file.
///
/// The daemon answers it over the control socket, as `POST /v1/<name>` with the parameters in JSON; without a daemon, a
/// command runs it on the store alone. The comments on the type and its properties also appear in the API description.
package protocol Operation: Codable, Equatable, Sendable {
    /// All parameters; any other key is refused.
    associatedtype CodingKeys: CodingKey & CaseIterable
    associatedtype Answer: Codable & Equatable & Sendable

    static var name: String { get }
    /// How long a client of the daemon waits for the answer.
    static var patience: Duration { get }

    /// Throws if a parameter is invalid, whatever the store holds.
    func validate() throws(FieldProblem)
    func run(with daemon: DaemonContext) async throws -> Answer
    func run(with store: StoreContext) async throws -> Answer
    /// Whether `answer` can be an answer to this operation.
    func fits(_ answer: Answer) -> Bool
}

extension Operation {
    package static var patience: Duration { .seconds(30) }
    package func validate() throws(FieldProblem) {}
    package func fits(_ answer: Answer) -> Bool { true }

    /// Runs as with the store alone.
    package func run(with daemon: DaemonContext) async throws -> Answer { try await run(with: daemon.stored) }

    package func run(with store: StoreContext) async throws -> Answer { throw OperationProblem.daemonNotRunning }
}

/// An operation on many users that answers for each, in order; it may wait for the store or the bank.
package protocol BatchOperation: Operation where Answer: Collection {
    associatedtype Element

    var users: [Element] { get }
}

extension BatchOperation {
    package static var patience: Duration { .minutes(10) }
    package var userCount: Int { users.count }
    package func fits(_ answer: Answer) -> Bool { answer.count == users.count }
}

/// The parameters of an operation that has none.
package enum NoParameters: CodingKey, CaseIterable {
    package static var allCases: [NoParameters] { [] }
}

/// An answer in lines of JSON, which are sent as they are.
package struct LinesAnswer: Codable, Equatable, Sendable {
    /// The most users on a page.
    static let longest = 100_000

    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }
}

/// What answers operations: the daemon, its client, or the store alone.
package protocol OperationPerforming: Sendable {
    /// How much one operation may bring.
    var batch: BatchLimit { get }

    /// Answers an operation whose parameters are valid.
    func respond<Asked: Operation>(to operation: Asked) async throws -> Asked.Answer
}

extension OperationPerforming {
    package var batch: BatchLimit { BatchLimit(users: 50_000, bytes: .max) }

    /// Throws `OperationProblem`, and any other error that prevents an answer.
    package func perform<Asked: Operation>(_ operation: Asked) async throws -> Asked.Answer {
        do throws(FieldProblem) { try operation.validate() } catch {
            throw OperationProblem.badRequest(error.description)
        }
        return try await respond(to: operation)
    }
}

/// How much one operation may bring: few users if calls have to wait meanwhile.
package struct BatchLimit: Sendable, Equatable {
    package let users: Int
    /// The bytes of users with their tokens, as `UserEntry.mostBytes` counts them.
    package let bytes: Int

    /// Users that are only named: with more, the client would wait too long without a sign of life.
    package var ids: Int { min(users, 10_000) }

    package init(users: Int, bytes: Int) {
        self.users = users
        self.bytes = bytes
    }
}

/// Why an operation failed, as its caller needs to know it.
package enum OperationProblem: Error, Equatable, Sendable {
    case noSuchUser(UserID)
    /// Another user already has that id.
    case userExists(UserID)
    /// The user is being called or its token renewed; try again in a moment.
    case inFlight(UserID)
    /// Only a running daemon can do this.
    case daemonNotRunning
    /// The daemon is stopping and takes no more work.
    case stopping
    /// The configuration file was refused, with one text per problem; the old configuration is in force.
    case configurationRefused([String])
    case badRequest(String)
    case store(StoreProblem)
    /// Any other failure; the text holds no secrets.
    case failed(String)
}
