import ControlPlane
import RefreshDaemon
import Testing

/// An operation with all its parameters, and what a daemon may answer.
struct SampledOperation<Asked: RefreshDaemon.Operation>: OperationSampling {
    let operations: [Asked]
    let answer: @Sendable (Asked) -> Asked.Answer

    init(_ operations: Asked..., answer: @escaping @Sendable (Asked) -> Asked.Answer) {
        self.operations = operations
        self.answer = answer
    }

    /// Asks for each over the socket, and sees whether it arrived as it was, and its answer came back so.
    func exchange(with daemon: RecordingDaemon, at path: String) async throws {
        for operation in operations {
            #expect(try await ControlClient(socketPath: path).perform(operation) == answer(operation))
        }
        #expect(daemon.asked(Asked.self) == operations)
        #expect(daemon.asked.count == operations.count)
    }

    func run(with daemon: any OperationPerforming) async throws {
        for operation in operations {
            do {
                #expect(operation.fits(try await daemon.perform(operation)), "\(name)")
            } catch let problem as OperationProblem {
                #expect(problem != .daemonNotRunning, "\(name)")
            }
        }
    }

    func fail(at path: String, with problem: OperationProblem) async throws {
        let operation = try #require(operations.first)
        await #expect(throws: problem) { _ = try await ControlClient(socketPath: path).perform(operation) }
    }
}

protocol OperationSampling<Asked>: Sendable, CustomTestStringConvertible {
    associatedtype Asked: RefreshDaemon.Operation

    /// Among them one with every parameter.
    var operations: [Asked] { get }
    func exchange(with daemon: RecordingDaemon, at path: String) async throws
    func run(with daemon: any OperationPerforming) async throws
    func fail(at path: String, with problem: OperationProblem) async throws
}

extension OperationSampling {
    var name: String { Asked.name }
    var testDescription: String { name }
}
