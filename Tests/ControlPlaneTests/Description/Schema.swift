import RefreshCore
import RefreshDaemon

/// What a value is in JSON, found by having its type decode itself from a decoder that notes what it is asked for.
indirect enum Schema: Equatable {
    /// `integer`, `boolean` and the like.
    case plain(String)
    case list(Schema)
    case map(Schema)
    /// One of the description's components.
    case reference(String)

    struct Property: Equatable {
        let name: String
        let schema: Schema
        let isRequired: Bool
    }

    enum Component: Equatable {
        case object(String, [Property])
        case words([String])
    }

    struct Failure: Error {
        let reason: String
    }
}

/// Notes the types that are met, by their names without that of the module.
final class SchemaRecorder {
    private(set) var components: [String: Schema.Component] = [:]
    /// Those that do not decode themselves from anything but what they are.
    private let known: [String: (schema: Schema, value: any Decodable & Sendable)]

    init(known: [String: (schema: Schema, value: any Decodable & Sendable)]) {
        self.known = known
    }

    func schema<Value: Decodable>(of type: Value.Type) throws -> Schema { try read(type).schema }

    /// The schema, and a value to go on with.
    func read<Value: Decodable>(_ type: Value.Type) throws -> (schema: Schema, value: Value) {
        let name = String(reflecting: type).split(separator: ".").dropFirst().joined()
        func answer(_ schema: Schema, _ value: Any) throws -> (Schema, Value) {
            guard let value = value as? Value else { throw Schema.Failure(reason: "no value of \(name)") }
            return (schema, value)
        }
        if let (schema, value) = known[name] { return try answer(schema, value) }
        switch type {
        case is String.Type: return try answer(.plain("string"), "60s")
        case is Bool.Type: return try answer(.plain("boolean"), true)
        case is Int.Type: return try answer(.plain("integer"), 1)
        case is Int64.Type: return try answer(.plain("integer"), Int64(1))
        case is Int32.Type: return try answer(.plain("integer"), Int32(1))
        case is Double.Type: return try answer(.plain("number"), 1.0)
        case let list as any ListShape.Type:
            let (schema, value) = try list.read(by: self)
            return try answer(.list(schema), value)
        case let map as any MapShape.Type:
            let (schema, value) = try map.read(by: self)
            return try answer(.map(schema), value)
        case let words as any CaseIterable.Type:
            let (all, first) = try Self.words(words)
            components[name] = .words(all)
            return try answer(.reference(name), first)
        default:
            let decoder = RecordingDecoder(recorder: self)
            let value = try Value(from: decoder)
            components[name] = .object(name, decoder.properties)
            return (.reference(name), value)
        }
    }

    private static func words<Words: CaseIterable>(_ type: Words.Type) throws -> ([String], Words) {
        let all = type.allCases.compactMap { ($0 as? any RawRepresentable)?.rawValue as? String }
        guard all.count == type.allCases.count, let first = type.allCases.first else {
            throw Schema.Failure(reason: "\(type) is no list of words")
        }
        return (all, first)
    }
}

private protocol ListShape {
    static func read(by recorder: SchemaRecorder) throws -> (Schema, Any)
}

extension Array: ListShape where Element: Decodable {
    fileprivate static func read(by recorder: SchemaRecorder) throws -> (Schema, Any) {
        let (schema, value) = try recorder.read(Element.self)
        return (schema, [value])
    }
}

private protocol MapShape {
    static func read(by recorder: SchemaRecorder) throws -> (Schema, Any)
}

extension Dictionary: MapShape where Key == String, Value: Decodable {
    fileprivate static func read(by recorder: SchemaRecorder) throws -> (Schema, Any) {
        let (schema, value) = try recorder.read(Value.self)
        return (schema, ["x": value])
    }
}

/// Hands out objects alone, and what is in them.
private final class RecordingDecoder: Decoder {
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]
    let recorder: SchemaRecorder
    var properties: [Schema.Property] = []

    init(recorder: SchemaRecorder) {
        self.recorder = recorder
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(Fields(decoder: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        throw Schema.Failure(reason: "a list that is no array")
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        throw Schema.Failure(reason: "a value that is no object; say what it is among those that are known")
    }

    private struct Fields<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let decoder: RecordingDecoder
        let codingPath: [any CodingKey] = []
        /// None, so that none is unknown.
        let allKeys: [Key] = []

        private func note<Value: Decodable>(_ type: Value.Type, _ key: Key, isRequired: Bool) throws -> Value {
            let (schema, value) = try decoder.recorder.read(type)
            decoder.properties.append(.init(name: key.stringValue, schema: schema, isRequired: isRequired))
            return value
        }

        func contains(_ key: Key) -> Bool { true }
        func decodeNil(forKey key: Key) -> Bool { false }
        func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
            try note(type, key, isRequired: true)
        }
        func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
            _ = try note(type, key, isRequired: false)
            return nil
        }
        // The protocol has one of these for each plain type, which would ask `decodeNil` and `decode` else.
        func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? { try optional(type, key) }
        func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? { try optional(type, key) }
        func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? { try optional(type, key) }
        func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? { try optional(type, key) }
        func decodeIfPresent(_ type: Int32.Type, forKey key: Key) throws -> Int32? { try optional(type, key) }
        func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? { try optional(type, key) }
        private func optional<Value: Decodable>(_ type: Value.Type, _ key: Key) throws -> Value? {
            _ = try note(type, key, isRequired: false)
            return nil
        }
        func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type, forKey key: Key
        ) throws -> KeyedDecodingContainer<Nested> {
            throw Schema.Failure(reason: "a container within \(key.stringValue)")
        }
        func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
            throw Schema.Failure(reason: "a container within \(key.stringValue)")
        }
        func superDecoder() throws -> any Decoder { decoder }
        func superDecoder(forKey key: Key) throws -> any Decoder { decoder }
    }
}
