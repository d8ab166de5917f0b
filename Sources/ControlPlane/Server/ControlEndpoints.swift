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
            let answers = try await operations.put(body.users.map(\.entry), part: body.importPart?.part)
            return try .json(PutUsersAnswer(answers: answers))
        case .showUser: return try .json(await operations.show(userID(context)))
        case .exportUser: return try .json(await operations.export(userID(context)))
        case .exportUsers:
            let query = try ExportQuery(queryText: request.uri.query ?? "")
            return try .json(ExportPage(users: await operations.export(after: query.after, limit: query.limit)))
        case .removeUser:
            try await operations.remove(userID(context))
            return Response(status: .noContent)
        case .previewUsers:
            let body = try await body(PutUsersRequest.self, of: request)
            return try .json(PutUsersAnswer(answers: await operations.preview(body.users.map(\.entry))))
        case .userIDs:
            let query = try ExportQuery(queryText: request.uri.query ?? "")
            let ids = try await operations.ids(after: query.after, limit: query.limit)
            return try .json(IDPage(ids: ids.map(WireUserID.init)))
        case .userLines:
            let query = try UserQuery(queryText: request.uri.query ?? "")
            return .lines(try await operations.lines(query))
        case .exportLines:
            let query = try ExportQuery(queryText: request.uri.query ?? "")
            return .lines(try await operations.exportLines(after: query.after, limit: query.limit))
        case .regroupUsers:
            let body = try await body(RegroupRequest.self, of: request)
            let answers = try await operations.regroup(
                body.users.map(\.id), to: body.group?.name, part: body.importPart?.part)
            return try .json(RegroupUsersAnswer(answers: answers))
        case .renameUser:
            let body = try await body(RenameRequest.self, of: request)
            return try .json(await operations.rename(userID(context), to: body.newID.id))
        case .removeUsers:
            let body = try await body(RemoveUsersRequest.self, of: request)
            return try .json(RemoveUsersAnswer(answers: await operations.remove(body.users.map(\.id), body.terms)))
        case .pauseUser:
            let until = try await optionalBody(PauseRequest.self, of: request)?.until?.moment
            return try .json(await operations.pause(userID(context), until: until))
        case .resumeUser: return try .json(await operations.resume(userID(context)))
        case .refresh:
            let body = try await body(RefreshRequest.self, of: request)
            let ids = body.users.map(\.id)
            let reports =
                body.wait
                ? try await operations.refresh(ids, force: body.force) : try await operations.queueRefresh(ids)
            return try .json(RefreshAnswer(reports: reports))
        case .pauseFleet:
            let pause = try await optionalBody(FleetPauseRequest.self, of: request) ?? FleetPauseRequest()
            return try .json(await operations.pauseFleet(until: pause.until?.moment, reason: pause.reason))
        case .resumeFleet: return try .json(await operations.resumeFleet())
        case .dueHistogram:
            let query = try DueQuery(queryText: request.uri.query ?? "")
            let histogram = try await operations.dueHistogram(
                from: query.from, width: query.width, count: query.count)
            return try .json(WireDueHistogram(histogram))
        case .userHistory:
            let query = try HistoryQuery(queryText: request.uri.query ?? "")
            return try .json(await operations.history(of: userID(context), query))
        case .keys: return try .json(await operations.keys())
        case .keyUsage: return try .json(await operations.keyUsage())
        case .reloadKeys: return try .json(await operations.reloadKeys())
        case .compactStore:
            let mark = try await optionalBody(CompactionRequest.self, of: request)?.after
            return try .json(await operations.compact(after: mark))
        }
    }

    private func body<Body: Decodable>(_ type: Body.Type, of request: Request) async throws -> Body {
        try ControlJSON.decode(from: await request.wholeBody(within: limits))
    }

    /// Nil when there is no body at all.
    private func optionalBody<Body: Decodable>(_ type: Body.Type, of request: Request) async throws -> Body? {
        let data = try await request.wholeBody(within: limits)
        return data.isEmpty ? nil : try ControlJSON.decode(from: data)
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
