import FoundationEssentials
import NIOHTTP1
import RefreshCore

/// The commands that a running sandbox accepts over HTTP; all of them answer with JSON.
struct AdminInterface: Sendable {
    let controls: SandboxControls

    func answer(method: String, uri: String, body: [UInt8]) async -> Answer {
        let parts = uri.split(separator: "?", maxSplits: 1)
        let path = (parts.first ?? "").split(separator: "/").map { name in
            String(decoding: percentDecoded(Array(name.utf8)[...]) ?? Array(name.utf8), as: UTF8.self)
        }
        do {
            switch (method, path.count, path.first) {
            case ("GET", 1, "health"): return .json(.ok, ["status": "ok"])
            case ("GET", 1, "calls"):
                return .json(.ok, controls.ledger.snapshot(withCalls: parts.last != "times=no"))
            case ("GET", 2, "calls"):
                return controls.ledger.calls(of: try UserID(path[1])).map { .json(.ok, $0) } ?? done(false)
            case ("PUT", 1, "behaviour"):
                controls.ledger.setForAll(try script(body))
                return done(true)
            case ("PUT", 2, "behaviour"):
                return done(controls.ledger.set(try script(body), for: try UserID(path[1])))
            case ("PUT", 1, "outage"):
                try await controls.set(try AdminOutage(body).outage)
                return done(true)
            case ("POST", 1, "reset"):
                try await controls.reset()
                return done(true)
            case ("GET", _, "renewals"), (_, _, "tokens"), (_, _, "token-behaviour"), (_, _, "client-secret"):
                return try answerAboutTokens(
                    method: method,
                    path: path,
                    withRecords: parts.last != "times=no",
                    body: body
                )
            default:
                return .error(
                    .notFound,
                    "there are GET /health, GET /calls[?times=no], GET /calls/USER, PUT /behaviour, "
                        + "PUT /behaviour/USER, PUT /outage, POST /reset, \(Self.tokenForms)"
                )
            }
        } catch {
            return .error(.badRequest, "\(error)")
        }
    }

    /// The answer to a command, which is not done if there is no such user.
    func done(_ isDone: Bool) -> Answer {
        isDone ? .json(.ok, ["done": true]) : .error(.notFound, "there is no such user")
    }

    /// Parses `{"behaviour":"slow:2s"}`, `{"script":["failure","success"]}`, or `{}` for none.
    func script(_ body: [UInt8]) throws -> Script? {
        guard let command = try? JSONDecoder().decode(AdminBehaviour.self, from: Data(body)) else {
            throw AdminProblem(expected: #"{"behaviour":"failure"}, {"script":["failure","success"]} or {}"#)
        }
        let texts = command.script ?? command.behaviour.map { [$0] } ?? []
        return Script(try texts.map { try Behaviour(text: $0) })
    }
}

private struct AdminBehaviour: Decodable {
    let behaviour: String?
    let script: [String]?
}

/// `{"on":true}`, with `"status":503` or `"refuse":true`; 503 if neither is given.
private struct AdminOutage: Decodable {
    private let on: Bool
    private let status: Int?
    private let refuse: Bool?

    init(_ body: [UInt8]) throws {
        guard let outage = try? JSONDecoder().decode(AdminOutage.self, from: Data(body)) else {
            throw AdminProblem(expected: #"{"on":true,"status":503}, {"on":true,"refuse":true} or {"on":false}"#)
        }
        self = outage
        guard (200...599).contains(status ?? 503) else { throw AdminProblem(expected: "a status from 200 to 599") }
    }

    var outage: Outage? {
        guard on else { return nil }
        return refuse == true ? .refuse : .status(status ?? 503)
    }
}

struct AdminProblem: Error, CustomStringConvertible {
    let expected: String

    var description: String { "expected \(expected)" }
}
