import RefreshCore

/// The fields of Tight's answer to a renewal, found in its bytes.
///
/// A token goes straight from the bytes into an `AccessToken`, so no string with it outlives the answer. Source: RFC
/// 6749 sections 5.1 and 5.2; RFC 8259.
struct TokenAnswer {
    enum Field: String, CaseIterable {
        case accessToken = "access_token"
        case refreshToken = "refresh_token"
        case expiresIn = "expires_in"
        case createdAt = "created_at"
        case error
        case errorDescription = "error_description"
    }

    /// The range of each value, including the quotation marks of a string.
    private var values: [Field: Range<Int>] = [:]
    /// Duplicate fields: it is unclear which one is meant.
    private(set) var repeated: Set<Field> = []

    /// Nil if the bytes are not a JSON object in UTF-8.
    init?(_ bytes: Span<UInt8>) {
        guard (try? UTF8Span(validating: bytes)) != nil else { return nil }
        var index = 0
        JSONWalk.skipSpace(bytes, &index)
        guard let members = JSONWalk.members(bytes, &index) else { return nil }
        JSONWalk.skipSpace(bytes, &index)
        guard index == bytes.count else { return nil }
        for (key, value) in members {
            guard let field = Self.field(named: key, in: bytes) else { continue }
            if values.updateValue(value, forKey: field) != nil { repeated.insert(field) }
        }
    }

    /// Whether the field is present and neither null nor an empty string.
    func has(_ field: Field, in bytes: Span<UInt8>) -> Bool {
        guard let range = values[field] else { return false }
        return !JSONWalk.equals("null", bytes, range) && !JSONWalk.equals("\"\"", bytes, range)
    }

    /// Nil unless the field is present exactly once and is a bearer token.
    func token(_ field: Field, in bytes: Span<UInt8>) -> AccessToken? {
        guard !repeated.contains(field), let range = values[field], let content = Self.content(of: range, in: bytes)
        else { return nil }
        if let token = try? AccessToken(bytes.extracting(content)) { return token }
        // Some encoders escape a slash with a backslash.
        return JSONWalk.unescaped(bytes, content).flatMap { try? AccessToken($0) }
    }

    func text(_ field: Field, in bytes: Span<UInt8>) -> String? {
        guard let range = values[field], let content = Self.content(of: range, in: bytes) else { return nil }
        return JSONWalk.unescaped(bytes, content).map { String(decoding: $0, as: UTF8.self) }
    }

    /// A number, or a string that contains one.
    func number(_ field: Field, in bytes: Span<UInt8>) -> Double? {
        guard !repeated.contains(field), let range = values[field] else { return nil }
        let content = Self.content(of: range, in: bytes) ?? range
        var end = content.lowerBound
        guard JSONWalk.number(bytes, &end), end == content.upperBound else { return nil }
        return Double(String(decoding: content.map { bytes[$0] }, as: UTF8.self)).flatMap { $0.isFinite ? $0 : nil }
    }

    private static func field(named key: Range<Int>, in bytes: Span<UInt8>) -> Field? {
        guard let content = content(of: key, in: bytes), let name = JSONWalk.unescaped(bytes, content) else {
            return nil
        }
        return Field.allCases.first { name.elementsEqual($0.rawValue.utf8) }
    }

    /// The range between the quotation marks; nil if the value is not a string.
    private static func content(of value: Range<Int>, in bytes: Span<UInt8>) -> Range<Int>? {
        guard value.count >= 2, bytes[value.lowerBound] == UInt8(ascii: "\"") else { return nil }
        return value.lowerBound + 1..<value.upperBound - 1
    }
}
