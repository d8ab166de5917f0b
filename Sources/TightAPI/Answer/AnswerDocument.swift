import FoundationEssentials

/// Tight's answer, decoded leniently: missing fields, unknown values and undocumented shapes are not errors.
struct AnswerDocument: Decodable {
    enum Result: Equatable {
        case success, failure
        /// No `result`, or null.
        case absent
        /// A `result` that this version does not know.
        case unknown
    }

    private(set) var result: Result
    /// The errors, first per field, then global; as sent, neither truncated nor sanitised.
    private(set) var errors: [String]

    /// Nil if the bytes are not JSON in UTF-8; an extra comma, which the decoder accepts, is allowed.
    init?(json: some Collection<UInt8>) {
        // The decoder validates only the text that it is asked for.
        guard String(validating: json, as: UTF8.self) != nil,
            let document = try? JSONDecoder().decode(Self.self, from: Data(json))
        else { return nil }
        self = document
        if Self.isAmbiguous(Array(json).span) { (result, errors) = (.unknown, []) }
    }

    /// Whether `result` is there more than once, of which the decoder would silently take one.
    private static func isAmbiguous(_ json: Span<UInt8>) -> Bool {
        var index = 0
        JSONWalk.skipSpace(json, &index)
        let names = (JSONWalk.members(json, &index) ?? []).map { member in
            // Without its quotes.
            JSONWalk.unescaped(json, member.key.lowerBound + 1..<member.key.upperBound - 1)
        }
        return names.count { $0.map { $0.elementsEqual("result".utf8) } ?? false } > 1
    }

    init(from decoder: any Decoder) throws {
        guard let fields = try? decoder.container(keyedBy: FieldName.self) else {
            result = .absent
            errors = []
            return
        }
        result = Self.result(in: fields)
        errors = result == .failure ? Self.errors(in: fields) : []
    }

    private static func result(in fields: KeyedDecodingContainer<FieldName>) -> Result {
        guard fields.contains("result"), (try? fields.decodeNil(forKey: "result")) != true else {
            return .absent
        }
        return switch try? fields.decode(String.self, forKey: "result") {
        case "SUCCESS": .success
        case "FAILURE": .failure
        default: .unknown
        }
    }

    private static func errors(in fields: KeyedDecodingContainer<FieldName>) -> [String] {
        if let groups = try? fields.nestedContainer(keyedBy: FieldName.self, forKey: "errors") {
            let named = texts(forKey: "fieldErrors", in: groups) + texts(forKey: "globalErrors", in: groups)
            if !named.isEmpty { return named }
        }
        let loose = texts(forKey: "errors", in: fields)
        return loose.isEmpty ? texts(forKey: "error", in: fields) : loose
    }

    private static func texts(forKey key: FieldName, in fields: KeyedDecodingContainer<FieldName>) -> [String] {
        (try? fields.decode(ErrorTexts.self, forKey: key))?.texts ?? []
    }
}

/// The name of any field of a JSON object.
struct FieldName: CodingKey, ExpressibleByStringLiteral {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringLiteral value: String) { stringValue = value }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
