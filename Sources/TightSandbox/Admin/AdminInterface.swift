import FoundationEssentials
import NIOHTTP1
import RefreshCore

/// The commands that a running sandbox accepts over HTTP; all of them answer with JSON.
struct AdminInterface: Sendable {
    let controls: SandboxControls

    func answer(method: String, uri: String, body: [UInt8]) async -> Answer {
        let parts = uri.split(separator: "?", maxSplits: 1)
        let path = (parts.first ?? "").split(separator: "/").map { Self.unescaped($0) }
        do {
            switch (method, path.count, path.first) {
            case ("GET", 1, "health"): return .json(.ok, ["status": "ok"])
            case ("GET", 1, "calls"):
                return .json(.ok, controls.ledger.snapshot(withCalls: parts.last != "times=no"))
            case ("GET", 2, "calls"):
                return controls.ledger.calls(of: try user(path[1])).map { .json(.ok, $0) } ?? Self.noSuchUser
            case ("PUT", 1, "behaviour"):
                controls.ledger.setForAll(try Self.script(body))
                return Self.done
            case ("PUT", 2, "behaviour"):
                return controls.ledger.set(try Self.script(body), for: try user(path[1]))
                    ? Self.done : Self.noSuchUser
            case ("PUT", 1, "outage"):
                try await controls.set(try AdminOutage(body).outage)
                return Self.done
            case ("POST", 1, "reset"):
                try await controls.reset()
                return Self.done
            case ("GET", _, "renewals"), (_, _, "tokens"), (_, _, "token-behaviour"), (_, _, "client-secret"):
                return try TokenCommands(tokens: controls.tokens).answer(
                    method: method,
                    path: path,
                    withRecords: parts.last != "times=no",
                    body: body
                )
            default:
                return .error(
                    .notFound,
                    "there are GET /health, GET /calls[?times=no], GET /calls/USER, PUT /behaviour, "
                        + "PUT /behaviour/USER, PUT /outage, POST /reset, \(TokenCommands.forms)"
                )
            }
        } catch {
            return .error(.badRequest, "\(error)")
        }
    }

    static let done = Answer.json(.ok, ["done": true])
    static let noSuchUser = Answer.error(.notFound, "there is no such user")

    private func user(_ text: String) throws -> UserID {
        try UserID(text)
    }

    /// Parses `{"behaviour":"slow:2s"}`, `{"script":["failure","success"]}`, or `{}` for none.
    static func script(_ body: [UInt8]) throws -> Script? {
        let command: AdminBehaviour
        do {
            command = try JSONDecoder().decode(AdminBehaviour.self, from: Data(body))
        } catch {
            throw AdminProblem.form(#"{"behaviour":"failure"}, {"script":["failure","success"]} or {}"#)
        }
        let texts = command.script ?? command.behaviour.map { [$0] } ?? []
        return Script(try texts.map { try Behaviour(text: $0) })
    }

    /// Resolves percent-encoding byte by byte (RFC 3986 section 2.1).
    private static func unescaped(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
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
        do {
            self = try JSONDecoder().decode(AdminOutage.self, from: Data(body))
        } catch {
            throw AdminProblem.form(#"{"on":true,"status":503}, {"on":true,"refuse":true} or {"on":false}"#)
        }
        guard (200...599).contains(status ?? 503) else { throw AdminProblem.form("a status from 200 to 599") }
    }

    var outage: Outage? {
        guard on else { return nil }
        return refuse == true ? .refuse : .status(status ?? 503)
    }
}

enum AdminProblem: Error, CustomStringConvertible {
    case form(String)

    var description: String {
        switch self {
        case .form(let expected): "expected \(expected)"
        }
    }
}
