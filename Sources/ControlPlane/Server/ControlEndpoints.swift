import FoundationEssentials
import HTTPTypes
import Hummingbird
import RefreshCore
import RefreshDaemon

/// Answers each route with the operation it stands for.
struct ControlEndpoints: Sendable {
    typealias Context = BasicRequestContext

    let operations: any FleetOperating
    let limits: ControlLimits

    func router() -> Router<Context> {
        let router = Router(context: Context.self)
        router.add(middleware: ProblemMiddleware())
        for route in ControlRoute.allCases {
            router.on(RouterPath(route.path), method: route.method) { request, context in
                try await answer(route, request, context)
            }
        }
        return router
    }

    private func answer(_ route: ControlRoute, _ request: Request, _ context: Context) async throws
        -> Response
    {
        switch route {
        case .status: return try .json(await operations.status())
        case .reload: return try .json(await operations.reload())
        case .listUsers:
            let query = try UserQuery(queryText: request.uri.query ?? "")
            return try .json(UserList(users: await operations.list(query)))
        case .putUsers:
            let body = try await body(PutUsersRequest.self, of: request)
            return try .json(PutUsersAnswer(answers: await operations.put(body.users.map(\.entry))))
        case .showUser: return try .json(await operations.show(userID(context)))
        case .removeUser:
            try await operations.remove(userID(context))
            return Response(status: .noContent)
        case .pauseUser:
            let until = try await pauseEnd(of: request)
            return try .json(await operations.pause(userID(context), until: until))
        case .resumeUser: return try .json(await operations.resume(userID(context)))
        case .refresh:
            let body = try await body(RefreshRequest.self, of: request)
            let reports = try await operations.refresh(body.users.map(\.id), force: body.force)
            return try .json(RefreshAnswer(reports: reports))
        case .pauseFleet: return try .json(await operations.pauseFleet(until: pauseEnd(of: request)))
        case .resumeFleet: return try .json(await operations.resumeFleet())
        case .dueHistogram:
            let query = try DueQuery(queryText: request.uri.query ?? "")
            let histogram = try await operations.dueHistogram(
                from: query.from, width: query.width, count: query.count)
            return try .json(WireDueHistogram(histogram))
        case .keys: return try .json(await operations.keys())
        case .keyUsage: return try .json(await operations.keyUsage())
        case .reloadKeys: return try .json(await operations.reloadKeys())
        }
    }

    private func body<Body: Decodable>(_ type: Body.Type, of request: Request) async throws -> Body {
        try ControlJSON.decode(from: await request.wholeBody(within: limits))
    }

    private func pauseEnd(of request: Request) async throws -> Timestamp? {
        let data = try await request.wholeBody(within: limits)
        guard !data.isEmpty else { return nil }
        return try ControlJSON.decode(PauseRequest.self, from: data).until?.moment
    }

    private func userID(_ context: Context) throws -> UserID {
        guard let text = PercentEncoding.decode(context.parameters.get("id") ?? "") else {
            throw FieldProblem(field: "the user id in the path", "not percent-encoded UTF-8")
        }
        do throws(UserIDProblem) {
            return try UserID(text)
        } catch {
            throw FieldProblem(field: "the user id in the path", error.description)
        }
    }
}
