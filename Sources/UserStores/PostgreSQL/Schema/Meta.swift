import FoundationEssentials
import RefreshCore

/// What the store knows of itself, one row each; texts in UTF-8, numbers as texts, the rest JSON.
enum Meta {
    enum Key: String {
        /// How many migrations were done.
        case schema
        case seed
        case createdBy = "created by"
        case keyChecks = "key checks"
        case environment
        case givenUpTokens = "tokens were given up"
        case clockMark = "clock mark"
        case raisedAlerts = "raised alerts"
        case restoration
    }

    static func select(_ key: Key) -> Statement {
        Statement("SELECT value FROM bankrefreshd.meta WHERE key = $1", .text(key.rawValue))
    }

    static func set(_ key: Key, to value: [UInt8]) -> Statement {
        Statement(
            """
            INSERT INTO bankrefreshd.meta AS meta (key, value) VALUES ($1, $2)
            ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE meta.value <> excluded.value
            """, .text(key.rawValue), .bytea(value))
    }

    static func set(_ key: Key, to text: String) -> Statement {
        set(key, to: Array(text.utf8))
    }

    static func set(_ key: Key, toJSON value: some Encodable) throws -> Statement {
        set(key, to: Array(try JSONEncoder().encode(value)))
    }

    static func remove(_ key: Key) -> Statement {
        Statement("DELETE FROM bankrefreshd.meta WHERE key = $1", .text(key.rawValue))
    }
}

extension Rows {
    /// Of `Meta.select`.
    var metaText: String? { first?.bytes(0).map { String(decoding: $0, as: UTF8.self) } }

    func metaJSON<Value: Decodable>(_ type: Value.Type) throws -> Value? {
        guard let bytes = first?.bytes(0) else { return nil }
        guard let value = try? JSONDecoder().decode(type, from: Data(bytes)) else {
            throw DamagedStore(what: "a value of meta cannot be read")
        }
        return value
    }
}

extension StoreProblem {
    /// The one place where errors of the server and of reading its rows become what the daemon understands.
    init(_ error: any Error, place: String) {
        switch error {
        case let problem as StoreProblem: self = problem
        case let damage as DamagedStore: self = .notAStore(place: place, detail: damage.what)
        case PostgreSQLError.refused(let state, let message):
            let detail = "\(message) (SQLSTATE \(state))"
            self =
                switch state {
                case .diskFull: .full(place: place)
                case .noRights: .notAllowed(place: place, detail: detail)
                case _ where state.errorClass == "28": .notAllowed(place: place, detail: detail)
                case _ where state.errorClass == "XX": .notAStore(place: place, detail: detail)
                default: .unreachable(place: place, detail: detail)
                }
        case PostgreSQLError.deadlinePassed: self = .unreachable(place: place, detail: "no answer in time")
        case PostgreSQLError.lost(let detail), PostgreSQLError.unreachable(let detail):
            self = .unreachable(place: place, detail: detail)
        case PostgreSQLError.notReplicated:
            self = .unreachable(place: place, detail: "a wait for the standby was cancelled at the server")
        default: self = .unreachable(place: place, detail: "\(type(of: error))")
        }
    }
}
