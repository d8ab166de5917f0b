import HTTPTypes
import Hummingbird
import RefreshCore
import RefreshDaemon

/// Turns everything that goes wrong with a request into the answer that says so.
struct ProblemMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            return try Self.answer(to: request, problem: Self.problem(of: error, request: request))
        }
    }

    private static func answer(to request: Request, problem: WireProblem) throws -> Response {
        var response = try Response.json(ProblemAnswer(error: problem), status: problem.status)
        if problem.code == .methodNotAllowed {
            response.headers[.allow] = ControlRoute.methods(at: request.uri.path).joined(separator: ", ")
        }
        return response
    }

    private static func problem(of error: any Error, request: Request) -> WireProblem {
        switch error {
        case let error as OperationProblem: WireProblem(error)
        case let error as StoreProblem: WireProblem(OperationProblem.store(error))
        case let error as FieldProblem: WireProblem(.badRequest, error.description)
        case let error as DecodingError: WireProblem(.badRequest, FieldProblem(error).description)
        case RequestProblem.tooLarge(let limit):
            WireProblem(.tooLarge, "the body is larger than \(limit) bytes; send several requests")
        case RequestProblem.tooSlow(let limit):
            WireProblem(.timeout, "the request took longer than \(limit.roundedText) to arrive")
        case RequestProblem.brokenOff: WireProblem(.badRequest, "the body: cut off")
        case is CancellationError: WireProblem(OperationProblem.stopping)
        case let error as HTTPError where error.status == .notFound: unknown(request)
        // Only the kind of error is told: its text may hold anything.
        default: WireProblem(.failed, "unexpected \(type(of: error)); please report it")
        }
    }

    private static func unknown(_ request: Request) -> WireProblem {
        let methods = ControlRoute.methods(at: request.uri.path)
        return methods.isEmpty
            ? WireProblem(.noSuchRoute, "there is no such path")
            : WireProblem(.methodNotAllowed, "the path takes \(methods.joined(separator: ", "))")
    }
}
