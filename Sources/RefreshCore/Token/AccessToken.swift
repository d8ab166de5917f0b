/// A user's bearer token for the Tight API: 1 to 4,096 characters of RFC 6750's `b64token`.
///
/// Source: RFC 6750 section 2.1. Anything else could not be sent in the `Authorization` header unchanged.
package struct AccessToken: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    package static let longest = 4_096

    package let secret: Secret

    /// Takes the token as it stands; the caller strips the line break that a file or terminal adds.
    package init(_ bytes: some Collection<UInt8>) throws(AccessTokenProblem) {
        var copy = Array(bytes)
        defer { copy.wipe() }
        try self.init(copy.span)
    }

    /// As above, without the cost of a generic call for each byte.
    package init(_ bytes: Span<UInt8>) throws(AccessTokenProblem) {
        guard !bytes.isEmpty else { throw .empty }
        guard bytes.count <= Self.longest else { throw .tooLong(bytes: bytes.count) }
        for index in bytes.indices where !Self.isAllowed(bytes[index]) {
            throw Self.isSpace(bytes[index])
                ? .space(position: index + 1) : .illegalCharacter(position: index + 1)
        }
        secret = Secret(bytes)
    }

    package var description: String { secret.description }
    package var debugDescription: String { secret.description }
    package var customMirror: Mirror { Mirror(self, children: []) }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0D).contains(byte)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "+"),
            UInt8(ascii: "/"), UInt8(ascii: "="):
            true
        default: byte.isDigit || byte.isLetter
        }
    }
}

/// Why a text is not an access token.
///
/// Never holds the text itself.
package enum AccessTokenProblem: Error, Equatable, CustomStringConvertible {
    case empty
    case tooLong(bytes: Int)
    case space(position: Int)
    case illegalCharacter(position: Int)

    package var description: String {
        switch self {
        case .empty: "the token is empty"
        case .tooLong(let bytes):
            "the token is \(bytes) bytes long; at most \(AccessToken.longest) are allowed"
        case .space(let position):
            "the token holds a space or line break (character \(position)); paste it again without"
        case .illegalCharacter(let position):
            "the token holds a character that no bearer token has (character \(position)); paste it again"
        }
    }
}
