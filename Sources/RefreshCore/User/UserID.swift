/// The platform's own name for one end user: 1 to 256 bytes of UTF-8 without control characters or outer spaces.
///
/// Two ids are the same when their bytes are, as in the store; Swift's strings would take a letter with an accent for
/// the same in both of its spellings.
package struct UserID: Hashable, Sendable, CustomStringConvertible {
    package static let longest = 256

    package let rawValue: String

    package init(_ text: String) throws(UserIDProblem) {
        guard !text.isEmpty else { throw .empty }
        guard text.utf8.count <= Self.longest else { throw .tooLong(bytes: text.utf8.count) }
        guard !text.unicodeScalars.contains(where: \.isControl) else { throw .controlCharacter }
        guard text.first?.isWhitespace == false, text.last?.isWhitespace == false else { throw .outerSpace }
        rawValue = text
    }

    package var description: String { rawValue }

    package static func == (lhs: UserID, rhs: UserID) -> Bool {
        lhs.rawValue.utf8.elementsEqual(rhs.rawValue.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        for byte in rawValue.utf8 { hasher.combine(byte) }
    }
}

/// Why a text is no user id.
package enum UserIDProblem: Error, Equatable, CustomStringConvertible {
    case empty
    case tooLong(bytes: Int)
    case controlCharacter
    case outerSpace

    package var description: String {
        switch self {
        case .empty: "the user id is empty"
        case .tooLong(let bytes): "the user id is \(bytes) bytes long; at most \(UserID.longest) are allowed"
        case .controlCharacter: "the user id holds a control character (a tab or a line break, say)"
        case .outerSpace: "the user id begins or ends with a space"
        }
    }
}
