/// The platform's own name for one end user: 1 to 256 bytes of UTF-8 without control characters or outer spaces.
///
/// Ids are compared and ordered by their bytes.
package struct UserID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package static let longest = 256

    package let rawValue: String

    package init(_ text: String) throws(UserIDProblem) {
        guard !text.isEmpty else { throw .empty }
        guard text.utf8.count <= Self.longest else { throw .tooLong(bytes: text.utf8.count) }
        // Nearly all are plain ASCII, and need no look at the Unicode properties of each character.
        if !text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) {
            guard !text.unicodeScalars.contains(where: \.isControl) else { throw .controlCharacter }
            guard text.first?.isWhitespace == false, text.last?.isWhitespace == false else { throw .outerSpace }
        }
        rawValue = text
    }

    package var description: String { rawValue }

    // Byte by byte, as stores compare: to Swift, texts that are canonically equivalent are equal.
    package static func == (lhs: UserID, rhs: UserID) -> Bool {
        lhs.rawValue.utf8.elementsEqual(rhs.rawValue.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        for byte in rawValue.utf8 { hasher.combine(byte) }
    }

    package static func < (lhs: UserID, rhs: UserID) -> Bool {
        lhs.rawValue.utf8.lexicographicallyPrecedes(rhs.rawValue.utf8)
    }
}

extension UserID: Codable {
    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        do throws(UserIDProblem) { try self.init(text) } catch {
            throw FieldProblem(decoder.codingPath, error.description)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}

/// Why a text is not a user id.
package enum UserIDProblem: Error, Equatable, CustomStringConvertible {
    case empty
    case tooLong(bytes: Int)
    case controlCharacter
    case outerSpace

    package var description: String {
        switch self {
        case .empty: "the user id is empty"
        case .tooLong(let bytes): "the user id is \(bytes) bytes long; at most \(UserID.longest) are allowed"
        case .controlCharacter: "the user id holds a control character, such as a tab or a line break"
        case .outerSpace: "the user id begins or ends with a space"
        }
    }
}
