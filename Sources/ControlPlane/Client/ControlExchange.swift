import AsyncHTTPClient
import FoundationEssentials
import Glibc
import NIOCore
import NIOHTTP1
import RefreshCore

/// One request and its answer over a connection of their own.
struct ControlExchange: Sendable {
    let socketPath: String

    /// Bytes of an answer that are read; a page of 10,000 users takes a tenth of it.
    private static let mostAnswerBytes = 128 << 20

    var mismatch: ControlUnreachable { .protocolMismatch(socketPath) }

    /// The status and the body of the answer.
    ///
    /// Throws `ControlUnreachable`, and `CancellationError` when cancelled.
    func send(_ method: String, _ uri: String, body: Data?, timeout: Duration) async throws -> (
        status: Int, body: Data
    ) {
        let socket = try openSocket()
        var request = HTTPClientRequest(url: "http+unix://\(PercentEncoding.encode(socket.procPath))\(uri)")
        request.method = HTTPMethod(rawValue: method)
        request.headers.add(name: "connection", value: "close")
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
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

    /// The socket's file, opened only to be named: its name below `/proc` is short, whatever its path is.
    private func openSocket() throws(ControlUnreachable) -> FileHandle {
        guard let handle = FileHandle(open(socketPath, FileHandle.nameOnly | O_CLOEXEC)) else {
            throw problem(ofCode: errno)
        }
        return handle
    }

    func problem(of error: any Error) -> ControlUnreachable {
        switch error {
        case let error as IOError: problem(ofCode: error.errnoCode)
        case HTTPParserError.invalidEOFState: .noAnswer(socketPath)
        case is HTTPParserError: mismatch
        case is NIOTooManyBytesError: mismatch
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
}
