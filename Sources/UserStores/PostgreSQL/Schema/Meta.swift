import FoundationEssentials
import RefreshCore

/// What the store knows about itself, one row per key; texts in UTF-8, numbers as texts, the rest JSON.
enum Meta {
    enum Key: String {
        /// How many migrations are done.
        case schema
        /// How many migrations a version has to know to work with the store; 1 if absent.
        case oldestSchema = "oldest schema"
        case seed
        case createdBy = "created by"
        case keyChecks = "key checks"
        case environment
        case givenUpTokens = "tokens were given up"
        case clockMark = "clock mark"
        case raisedAlerts = "raised alerts"
        case restoration
        /// When a member last left the fleet in an orderly way, in microseconds; absent if none did.
        case lastLeft = "last left"
        case departure
        case arrival
        /// In a store that replaced another; absent once that was reported.
        case origin
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
    /// The text in the result of `Meta.select`.
    var metaText: String? { first?.bytes(0).map { String(decoding: $0, as: UTF8.self) } }

    func metaJSON<Value: Decodable>(_ type: Value.Type) throws -> Value? {
        guard let bytes = first?.bytes(0) else { return nil }
        guard let value = try? JSONDecoder().decode(type, from: Data(bytes)) else {
            throw DamagedStore(what: "a value of meta cannot be read")
        }
        return value
    }
}
