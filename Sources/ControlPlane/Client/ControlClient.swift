import AsyncHTTPClient
import FoundationEssentials
import Glibc
import NIOCore
import NIOHTTP1
import RefreshCore
package import RefreshDaemon

/// Asks the running daemon over its control socket, with one connection per request.
///
/// Throws the `OperationProblem` that the daemon threw, or `ControlUnreachable` if none answered.
package struct ControlClient: OperationPerforming {
    private let socketPath: String
    /// Replaces the operations' own patience; nil keeps it.
    private let timeout: Duration?

    /// The most bytes of an answer that are read; a long page of users takes a tenth of it.
    private static let mostAnswerBytes = 128 << 20

    package init(socketPath: String, timeout: Duration? = nil) {
        self.socketPath = socketPath
        self.timeout = timeout
    }

    /// A request takes less than 512 bytes besides its users.
    package var batch: BatchLimit {
        BatchLimit(users: ControlLimits.mostUsers, bytes: ControlLimits.mostBodyBytes - 512)
    }

    package func respond<Asked: Operation>(to operation: Asked) async throws -> Asked.Answer {
        let body: Data
        do { body = try ControlJSON.encode(operation) } catch let problem as FieldProblem {
            throw OperationProblem.badRequest(problem.description)
        }
        let (status, data) = try await send(body, to: Asked.name, timeout: timeout ?? Asked.patience)
        guard (200..<300).contains(status) else {
            let answer = try? ControlJSON.decode(ProblemAnswer.self, from: data)
            throw answer?.error.operationProblem ?? mismatch
        }
        guard let answer = Self.answer(of: Asked.self, in: data), operation.fits(answer) else { throw mismatch }
        return answer
    }

    private static func answer<Asked: Operation>(of type: Asked.Type, in data: Data) -> Asked.Answer? {
        if Asked.Answer.self == LinesAnswer.self { return LinesAnswer(Array(data)) as? Asked.Answer }
        return try? ControlJSON.decode(Asked.Answer.self, from: data)
    }

    // MARK: One request

    /// The status and the body of the answer.
    ///
    /// Throws `ControlUnreachable`, and `CancellationError` when cancelled.
    private func send(_ body: Data, to name: String, timeout: Duration) async throws -> (status: Int, body: Data) {
        // Opened only for a short name below `/proc`, however long its path is.
        guard let socket = FileHandle(open(socketPath, FileHandle.nameOnly | O_CLOEXEC)) else {
            throw problem(ofCode: errno)
        }
        let host = socket.procPath.replacing("/", with: "%2F")
        var request = HTTPClientRequest(url: "http+unix://\(host)/v1/\(name)")
        request.method = .POST
        request.headers.add(name: "connection", value: "close")
        request.headers.add(name: "content-type", value: "application/json")
        request.body = .bytes(ByteBuffer(bytes: body))
        do {
            let prepared = request
            return try await HTTPClient.withHTTPClient(configuration: Self.configuration) { client in
                let response = try await client.execute(prepared, timeout: TimeAmount(timeout))
                let body = try await response.body.collect(upTo: Self.mostAnswerBytes)
                return (Int(response.status.code), body.withUnsafeReadableBytes { Data($0) })
            }
        } catch {
            try Task.checkCancellation()
            throw problem(of: error)
        }
    }

    private var mismatch: ControlUnreachable { .protocolMismatch(socketPath) }

    func problem(of error: any Error) -> ControlUnreachable {
        switch error {
        case let error as IOError: problem(ofCode: error.errnoCode)
        case HTTPParserError.invalidEOFState: .noAnswer(socketPath)
        case is HTTPClientError, is ChannelError: .noAnswer(socketPath)
        default: mismatch
        }
    }

    private func problem(ofCode code: CInt) -> ControlUnreachable {
        switch code {
        case ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG: .noSocket(socketPath)
        case ECONNREFUSED, ENOTSOCK: .refused(socketPath)
        case EACCES, EPERM: .notAllowed(socketPath)
        default: .noAnswer(socketPath)
        }
    }

    private static var configuration: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        return configuration
    }

    // MARK: Who listens

    /// The process that listens; nil if none does.
    package var listener: Int32? { UnixConnection.listener(path: socketPath) }

    /// Connects once to check whether a daemon listens; nil if one does.
    package func whyUnreachable() -> ControlUnreachable? {
        switch UnixConnection.probe(path: socketPath) {
        case .live: nil
        case .stale: .refused(socketPath)
        case .refused(ENOENT), .refused(ENOTDIR): .noSocket(socketPath)
        case .refused: .notAllowed(socketPath)
        }
    }
}

/// Why no daemon answered over the control socket.
package enum ControlUnreachable: Error, Equatable, Sendable {
    /// There is no such file: no daemon runs, or it uses another path.
    case noSocket(String)
    /// The file exists, but no process listens: the daemon has ended or is stopping.
    case refused(String)
    /// The current user may not connect.
    case notAllowed(String)
    /// The connection was made, but no complete answer came; the request may have been done.
    case noAnswer(String)
    /// The answer is not from a control API of this version.
    case protocolMismatch(String)
}

extension ControlUnreachable: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noSocket(let path):
            "no daemon is reachable: there is no socket \(path); start it with: systemctl start bankrefreshd"
        case .refused(let path):
            "no daemon is reachable: no process listens on \(path); start it with: systemctl start bankrefreshd"
        case .notAllowed(let path):
            "no permission to connect to \(path); become root, or join the group that the socket belongs to"
        case .noAnswer(let path):
            "the daemon behind \(path) did not answer; it may have done what was asked: check with bankrefreshd status"
        case .protocolMismatch(let path):
            "the process that listens on \(path) does not speak this version's control API; are daemon and command of "
                + "the same version?"
        }
    }
}
