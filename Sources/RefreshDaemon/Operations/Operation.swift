package import RefreshCore

/// All that an operator can ask for.
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

/// What an operator can ask for, with its parameters: one file for each.
///
/// The daemon answers it over the control socket, as `POST /v1/<name>` with the parameters in JSON; a command asks the
/// store alone where no daemon runs. What is said of the type and its properties is in the description of the API too.
package protocol Operation: Codable, Equatable, Sendable {
    /// The parameters, all of them: another key is refused.
    associatedtype CodingKeys: CodingKey & CaseIterable
    associatedtype Answer: Codable & Equatable & Sendable

    static var name: String { get }
    /// How long whoever asks the daemon waits for the answer.
    static var patience: Duration { get }

    /// Throws where a parameter cannot be taken, whatever is stored.
    func validate() throws(FieldProblem)
    func run(with daemon: DaemonContext) async throws -> Answer
    func run(with store: StoreContext) async throws -> Answer
    /// Whether an answer can be one to this.
    func fits(_ answer: Answer) -> Bool
}

extension Operation {
    package static var patience: Duration { .seconds(30) }
    package func validate() throws(FieldProblem) {}
    package func fits(_ answer: Answer) -> Bool { true }

    /// As with the store alone.
    package func run(with daemon: DaemonContext) async throws -> Answer { try await run(with: daemon.stored) }

    package func run(with store: StoreContext) async throws -> Answer { throw OperationProblem.daemonNotRunning }
}

/// One that is about many users and answers for each, in order; it may wait for the store or the bank.
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

/// The answer of an operation that gives lines of JSON; they are sent as they are.
package struct LinesAnswer: Codable, Equatable, Sendable {
    /// Users of a page at most.
    static let longest = 100_000

    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    init(_ lines: [[UInt8]]) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(lines.reduce(0) { $0 + $1.count })
        for line in lines { bytes.append(contentsOf: line) }
        self.bytes = bytes
    }
}

/// Who answers operations: the daemon, its client, or the store alone.
package protocol OperationPerforming: Sendable {
    /// How much is asked of it at once.
    var batch: BatchLimit { get }

    /// Answers an operation whose parameters can be taken.
    func respond<Asked: Operation>(to operation: Asked) async throws -> Asked.Answer
}

extension OperationPerforming {
    package var batch: BatchLimit { BatchLimit(users: 50_000, bytes: .max) }

    /// Throws `OperationProblem`, and what else keeps it from an answer.
    package func perform<Asked: Operation>(_ operation: Asked) async throws -> Asked.Answer {
        do throws(FieldProblem) { try operation.validate() } catch {
            throw OperationProblem.badRequest(error.description)
        }
        return try await respond(to: operation)
    }
}

/// How much one operation may bring: few users where calls wait meanwhile.
package struct BatchLimit: Sendable, Equatable {
    package let users: Int
    /// Of users with their tokens, as `UserEntry.mostBytes` counts them.
    package let bytes: Int

    /// Users that are only named: beyond this, whoever waits for the answer would hear nothing for long.
    package var ids: Int { min(users, 10_000) }

    package init(users: Int, bytes: Int) {
        self.users = users
        self.bytes = bytes
    }
}

/// Why an operation could not be done, as its caller has to know it.
package enum OperationProblem: Error, Equatable, Sendable {
    case noSuchUser(UserID)
    /// Another user has that id already.
    case userExists(UserID)
    /// The user is being called or its token renewed; in a moment it is not.
    case inFlight(UserID)
    /// Only a running daemon can do this.
    case daemonNotRunning
    /// The daemon is ending and takes no more work.
    case stopping
    /// The configuration file was refused; every problem, one text each. The old configuration is in force.
    case configurationRefused([String])
    case badRequest(String)
    case store(StoreProblem)
    /// What went wrong, without secrets, where none of the others fits.
    case failed(String)
}
