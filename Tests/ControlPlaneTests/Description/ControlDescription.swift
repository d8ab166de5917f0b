import Foundation
import RefreshCore
import RefreshDaemon

@testable import ControlPlane

/// The control API as OpenAPI has it, made from the operations and from what is said of them in their sources.
struct ControlDescription {
    private let recorder: SchemaRecorder
    private let comments: DocComments
    private var lines: [String] = []

    /// Texts whose form is told.
    private static let texts: [(name: String, schema: [(String, String)])] = [
        ("Moment", [("type", "string"), ("format", "date-time")]),
        (
            "UserID",
            [
                ("type", "string"), ("minLength", "1"),
                ("description", "1 to 256 bytes of UTF-8 without control characters or outer spaces."),
            ]
        ),
        ("GroupName", [("type", "string"), ("pattern", "^[A-Za-z0-9._-]{1,64}$")]),
    ]

    init(root: URL) throws {
        comments = try DocComments(
            of: ["RefreshCore", "RefreshDaemon", "ControlPlane"].map { root.appending(path: "Sources/\($0)") })
        recorder = SchemaRecorder(known: [
            "Timestamp": (.reference("Moment"), Sample.moment), "UserID": (.reference("UserID"), Sample.trusted("x")),
            "GroupName": (.reference("GroupName"), GroupName("x")),
            "UserStanding": (.reference("UserStanding"), Sample.fullStanding),
            "StoreProblem": (.reference("StoreProblem"), StoreProblem.full(place: "")),
        ])
    }

    /// The whole, in YAML.
    mutating func text() throws -> String {
        lines = Self.head.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        lines.append("paths:")
        for type in Operations.all { try add(type) }
        add("components:")
        add("  responses:")
        add("    Problem:")
        add("      description: Why the operation failed.")
        add("      content: { application/json: { schema: { $ref: \"#/components/schemas/ProblemAnswer\" } } }")
        _ = try recorder.schema(of: ProblemAnswer.self)
        add("  schemas:")
        for (name, schema) in Self.texts {
            add("    \(name):")
            for (key, value) in schema {
                add("      \(key): \(Self.quoted(value, unless: ["type", "minLength"], key))")
            }
        }
        try addStanding()
        try addStoreProblem()
        for (name, component) in recorder.components.sorted(by: { $0.key < $1.key }) { try add(component, name) }
        return lines.joined(separator: "\n") + "\n"
    }

    private mutating func add(_ line: String) { lines.append(line) }

    private mutating func add<Asked: RefreshDaemon.Operation>(_ type: Asked.Type) throws {
        let name = "\(type)"
        guard let said = comments.texts[name] else { throw Schema.Failure(reason: "nothing is said of \(name)") }
        // An operation that is a query is decoded as that.
        let request = try recorder.schema(of: type)
        guard case .object(_, let properties)? = recorder.components[name] else {
            throw Schema.Failure(reason: "\(name) is no object")
        }
        let known = Set(Asked.CodingKeys.allCases.map(\.stringValue))
        guard Set(properties.map(\.name)) == known else {
            throw Schema.Failure(reason: "\(name) does not read what it knows")
        }
        add("  /v1/\(Asked.name):")
        add("    post:")
        add("      operationId: \(Asked.name)")
        let sentences = said.split(separator: "\n", maxSplits: 1).map(String.init)
        add("      summary: \(Self.quoted(sentences[0]))")
        if sentences.count > 1 { add("      description: \(Self.quoted(sentences[1]))") }
        if !known.isEmpty {
            add("      requestBody:")
            add("        required: \(properties.contains(where: \.isRequired))")
            add("        content: { application/json: { schema: \(Self.inline(request)) } }")
        }
        add("      responses:")
        add("        \"200\":")
        if Asked.Answer.self == LinesAnswer.self {
            add("          description: JSON objects, one per line.")
            let line =
                try asked(type, is: ExportLines.self)
                ? recorder.schema(of: UserExport.self) : recorder.schema(of: UserReport.self)
            add("          content: { application/x-ndjson: { schema: \(Self.inline(line)) } }")
        } else {
            add("          description: Done.")
            let answer = try recorder.schema(of: Asked.Answer.self)
            add("          content: { application/json: { schema: \(Self.inline(answer)) } }")
        }
        add("        default: { $ref: \"#/components/responses/Problem\" }")
    }

    private func asked(_ type: any RefreshDaemon.Operation.Type, is other: any RefreshDaemon.Operation.Type) -> Bool {
        type == other
    }

    // MARK: Components

    private mutating func add(_ component: Schema.Component, _ name: String) throws {
        add("    \(name):")
        let path = Self.path(of: name, in: comments)
        switch component {
        case .words(let words):
            add("      type: string")
            let said = words.compactMap { word in comments.texts["\(path).\(word)"].map { "`\(word)`: \($0)" } }
            let text = ([comments.texts[path]].compactMap(\.self) + said).joined(separator: " ")
            if !text.isEmpty { add("      description: \(Self.quoted(text))") }
            add("      enum: [\(words.joined(separator: ", "))]")
        case .object(_, let properties):
            add("      type: object")
            if let said = comments.texts[path] { add("      description: \(Self.quoted(said))") }
            if Self.isRead(name) { add("      additionalProperties: false") }
            let required = properties.filter(\.isRequired).map(\.name)
            if !required.isEmpty { add("      required: [\(required.joined(separator: ", "))]") }
            guard !properties.isEmpty else { return }
            add("      properties:")
            // As the code names it, where JSON has another word.
            let names = ["import": "part", "sort": "order"]
            for property in properties {
                let owner = path == "ListUsers" || path == "ListUserLines" ? "UserQuery" : path
                let said =
                    comments.texts["\(owner).\(property.name)"]
                    ?? names[property.name].flatMap { comments.texts["\(owner).\($0)"] }
                let schema =
                    Self.moments.contains(property.name) && property.schema == .plain("string")
                    ? .reference("Moment") : property.schema
                add("        \(property.name): \(Self.inline(schema, maxItems: Self.most(property, name), said))")
            }
        }
    }

    /// Operations and what they bring refuse unknown keys.
    private static func isRead(_ name: String) -> Bool {
        ["UserEntry", "ImportPart"].contains(name) || Operations.all.contains { "\($0)" == name }
    }

    private static func most(_ property: Schema.Property, _ name: String) -> Int? {
        isRead(name) && property.name == "users" ? ControlLimits.mostUsers : nil
    }

    /// `StatusReportBreakerState` is `StatusReport.Breaker.State`.
    private static func path(of name: String, in comments: DocComments) -> String {
        for path in comments.texts.keys where path.replacing(".", with: "") == name { return path }
        return name
    }

    /// Flat, and written by hand: what is there is taken from one that has it all.
    private mutating func addStanding() throws {
        let object = try JSONSerialization.jsonObject(with: ControlJSON.encode(Sample.fullStanding)) as? [String: Any]
        add("    UserStanding:")
        add("      type: object")
        add("      description: \(Self.quoted(comments.texts["UserStanding"] ?? ""))")
        add("      properties:")
        for (key, value) in (object ?? [:]).sorted(by: { $0.key < $1.key }) {
            let isMoment = (value as? String).flatMap { Timestamp(rfc3339: $0) } != nil
            let type =
                isMoment ? "$ref: \"#/components/schemas/Moment\"" : "type: \(value is String ? "string" : "integer")"
            add("        \(key): { \(type) }")
        }
    }

    /// One key says what it is; the parts are below it.
    private mutating func addStoreProblem() throws {
        add("    StoreProblem:")
        add("      type: object")
        add(
            "      description: \(Self.quoted("One key says which problem it is. \(comments.texts["StoreProblem"] ?? "")"))"
        )
        add("      minProperties: 1")
        add("      maxProperties: 1")
        add("      properties:")
        var parts: [String: Set<String>] = [:]
        for problem in ProblemRoundTripTests.storeProblems {
            let object = try JSONSerialization.jsonObject(with: ControlJSON.encode(problem)) as? [String: [String: Any]]
            for (kind, values) in object ?? [:] { parts[kind, default: []].formUnion(values.keys) }
        }
        for (kind, keys) in parts.sorted(by: { $0.key < $1.key }) {
            let types = keys.sorted().map { key in
                switch key {
                case "process": "process: { type: integer }"
                case "atHand", "files": "\(key): { type: array, items: { type: string } }"
                default: "\(key): { type: string }"
                }
            }
            add("        \(kind): { type: object, properties: { \(types.joined(separator: ", ")) } }")
        }
    }

    /// What answers have as text, made where it was read.
    private static let moments: Set = [
        "at", "countedSince", "failingSince", "fleetPausedUntil", "inForceSince", "last", "lastAttempt", "lastSuccess",
        "nextDue", "oldest", "oldestDue", "parkedSince", "pausedUntil", "reachedAt", "since", "slot", "startedAt",
        "throttledUntil", "tokenExpiresAt", "tokenIssuedAt", "tokenRenewsAt", "turnEnds", "until",
    ]

    // MARK: YAML

    private static func inline(_ schema: Schema, maxItems: Int? = nil, _ said: String? = nil) -> String {
        var parts: [String]
        switch schema {
        case .plain(let type): parts = ["type: \(type)"]
        case .reference(let name): parts = ["$ref: \"#/components/schemas/\(name)\""]
        case .list(let element):
            parts = ["type: array", "items: \(inline(element))"]
            if let maxItems { parts.append("maxItems: \(maxItems)") }
        case .map(let value): parts = ["type: object", "additionalProperties: \(inline(value))"]
        }
        if let said { parts.append("description: \(quoted(said))") }
        return "{ \(parts.joined(separator: ", ")) }"
    }

    /// In double quotes, as JSON has them and YAML takes them.
    private static func quoted(_ text: String, unless plain: [String] = [], _ key: String = "") -> String {
        if plain.contains(key) { return text }
        let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return "\"\(escaped.split(separator: "\n").joined(separator: " "))\""
    }

    private static let head = """
        # Made from the operations: BANKREFRESHD_REGENERATE=1 swift test --filter ControlDescriptionTests
        openapi: 3.1.0
        info:
          title: bankrefreshd control API
          version: "1"
          description: |
            The operations of the running daemon: HTTP/1.1 and JSON over the Unix socket `control.socket` (mode 0660).
            Every user who can connect to the socket can use every operation. To try it:

                curl --unix-socket /run/bankrefreshd/control.sock -d '{}' http://localhost/v1/status

            Every operation is a POST with its parameters as one JSON object; an empty body means no parameters. A body has
            at most 1 MiB and must arrive within 30 seconds. The daemon refuses unknown keys. Times are RFC 3339; in
            answers they are in UTC. A later version may add keys to an answer.
        servers:
          - url: http://localhost
        """
}
