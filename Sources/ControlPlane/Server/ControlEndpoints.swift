import FoundationEssentials
import HTTPTypes
import HummingbirdCore
import NIOCore
import RefreshCore
import RefreshDaemon

/// Answers `POST /v1/<name>` with the operation of that name.
struct ControlEndpoints: Sendable {
    let operations: any OperationPerforming
    let limits: ControlLimits

    private static let types = Dictionary(uniqueKeysWithValues: Operations.all.map { ("/v1/\($0.name)", $0) })

    func answer(_ request: Request) async -> Response {
        do {
            guard let type = Self.types[request.uri.path] else {
                throw ControlProblem(.noSuchRoute, "there is no such path")
            }
            guard request.method == .post else { throw ControlProblem(.methodNotAllowed, "the path takes POST") }
            guard request.uri.query == nil else {
                throw FieldProblem(field: "the query", "nothing is taken from it; send parameters as JSON in the body")
            }
            return try await answer(request, with: type)
        } catch {
            return Self.answer(ControlProblem(describing: error))
        }
    }

    private func answer<Asked: Operation>(_ request: Request, with type: Asked.Type) async throws -> Response {
        let body = try await body(of: request)
        // An empty body counts as one without parameters.
        let operation = try ControlJSON.decode(Strict<Asked>.self, from: body.isEmpty ? Data("{}".utf8) : body)
            .operation
        if let batch = operation as? any BatchOperation, batch.userCount > ControlLimits.mostUsers {
            throw FieldProblem(
                field: "users",
                "\(batch.userCount) users; one request may bring \(ControlLimits.mostUsers), send several")
        }
        let answer = try await operations.perform(operation)
        if let lines = answer as? LinesAnswer {
            return Self.response("application/x-ndjson", ByteBuffer(bytes: lines.bytes))
        }
        return Self.response("application/json", ByteBuffer(bytes: try ControlJSON.encode(answer)))
    }

    /// An operation all of whose parameters are known.
    private struct Strict<Asked: Operation>: Decodable {
        let operation: Asked

        init(from decoder: any Decoder) throws {
            try decoder.refuseUnknownKeys(Asked.CodingKeys.self)
            operation = try Asked(from: decoder)
        }
    }

    private static func response(
        _ type: String, _ body: ByteBuffer, status: HTTPResponse.Status = .ok
    ) -> Response {
        Response(status: status, headers: [.contentType: type], body: ResponseBody(byteBuffer: body))
    }

    private static func answer(_ problem: ControlProblem) -> Response {
        let body = (try? ControlJSON.encode(ProblemAnswer(error: problem))) ?? Data()
        var response = response("application/json", ByteBuffer(bytes: body), status: problem.status)
        if problem.code == .methodNotAllowed { response.headers[.allow] = "POST" }
        return response
    }

    /// The body in full, unless it is too large or comes too slowly.
    ///
    /// A client that sends nothing at all is left to the idle timeout of the connection.
    private func body(of request: Request) async throws -> Data {
        let tooLarge = ControlProblem(
            .tooLarge, "the body is larger than \(limits.bodyBytes) bytes; send several requests")
        if let announced = request.headers[.contentLength].flatMap({ Int($0) }), announced > limits.bodyBytes {
            throw tooLarge
        }
        let deadline = ContinuousClock.now.advanced(by: limits.readTimeout)
        var whole = Data()
        do {
            for try await part in request.body {
                guard whole.count + part.readableBytes <= limits.bodyBytes else { throw tooLarge }
                part.withUnsafeReadableBytes { whole.append(contentsOf: $0) }
                guard ContinuousClock.now < deadline else {
                    throw ControlProblem(
                        .timeout, "the request took longer than \(limits.readTimeout.roundedText) to arrive")
                }
            }
        } catch let problem as ControlProblem {
            throw problem
        } catch {
            // The client disconnected in the middle.
            throw ControlProblem(.badRequest, "the body: cut off")
        }
        return whole
    }
}
