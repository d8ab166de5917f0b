/// A part of a request that is not acceptable: where it is, and what is wrong with it.
///
/// Never holds a token.
package struct FieldProblem: Error, Equatable, Sendable, CustomStringConvertible {
    /// `users[3].token`; empty for the whole.
    package let field: String
    package let reason: String

    package init(field: String, _ reason: String) {
        self.field = field
        self.reason = reason
    }

    package init(_ path: [any CodingKey], _ reason: String) {
        self.init(field: Self.text(path), reason)
    }

    /// The values that the decoder saw are left out: one of them may be a token.
    package init(_ error: DecodingError) {
        switch error {
        case .keyNotFound(let key, let context): self.init(context.codingPath + [key], "missing")
        case .valueNotFound(_, let context): self.init(context.codingPath, "null is not allowed here")
        case .typeMismatch(let type, let context):
            self.init(context.codingPath, "not \(Self.name(of: type))")
        case .dataCorrupted(let context) where context.codingPath.isEmpty:
            // The decoder does not tell the two apart reliably.
            self.init(field: "", "not JSON, or with a number that does not fit")
        case .dataCorrupted(let context): self.init(context.codingPath, "not understood")
        @unknown default: self.init(field: "", "not understood")
        }
    }

    /// Throws if `value` is given and outside `range`.
    package static func check(
        _ value: Int?, within range: ClosedRange<Int>, field: String
    ) throws(FieldProblem) {
        guard let value, !range.contains(value) else { return }
        throw FieldProblem(
            field: field, "\(value) is not a number from \(range.lowerBound) to \(range.upperBound)")
    }

    package var description: String {
        field.isEmpty ? "the body: \(reason)" : "\(field): \(reason)"
    }

    private static func text(_ path: [any CodingKey]) -> String {
        path.reduce(into: "") { text, key in
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
        }
    }

    private static func name(of type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a text"
        case is Bool.Type: "true or false"
        case is any BinaryInteger.Type: "a whole number"
        case is any BinaryFloatingPoint.Type: "a number"
        case is any Sequence.Type where !(type is [String: Any].Type): "a list"
        default: "an object"
        }
    }
}

extension Decoder {
    /// Refuses an object with a key that is not `known`: a misspelt `until` must not become a pause without an end.
    package func refuseUnknownKeys<Key: CodingKey & CaseIterable>(_ known: Key.Type) throws {
        let keys = try container(keyedBy: AnyKey.self).allKeys
        let names = Key.allCases.map(\.stringValue)
        guard let stranger = keys.map(\.stringValue).filter({ !names.contains($0) }).min() else { return }
        let quoted = stranger.isNoToken ? "unknown key \"\(stranger)\"" : "an unknown key"
        throw FieldProblem(
            codingPath,
            names.isEmpty ? "\(quoted); none is taken" : "\(quoted); known are \(names.joined(separator: ", "))")
    }
}

extension String {
    /// Whether outside text may be repeated: short and of letters, it is no token and cannot affect a terminal.
    var isNoToken: Bool {
        utf8.count <= 24 && utf8.allSatisfy { $0.isLetter || " -_".utf8.contains($0) }
    }
}

/// Any key at all, to see which ones an object has.
private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) {
        self.stringValue = stringValue
    }

    init?(intValue: Int) { nil }
}
