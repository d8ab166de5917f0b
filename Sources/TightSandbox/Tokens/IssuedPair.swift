package import RefreshCore

/// A pair of tokens as it was handed out; the sandbox itself keeps fingerprints only.
package struct IssuedPair: Sendable, Equatable {
    package let access: AccessToken
    package let refresh: AccessToken
    package let issuedAt: Timestamp
    package let lifetime: Duration

    package var expiresAt: Timestamp { issuedAt.advanced(by: lifetime) }

    /// A pair that nobody has seen before, each in the vendor's shape: 64 hex digits, a dot, 32 hex digits.
    init(issuedAt: Timestamp, lifetime: Duration) throws(AccessTokenProblem) {
        access = try Self.token()
        refresh = try Self.token()
        self.issuedAt = issuedAt
        self.lifetime = lifetime
    }

    private static func token() throws(AccessTokenProblem) -> AccessToken {
        func hex(_ bytes: Int) -> [UInt8] {
            (0..<2 * bytes).map { _ in "0123456789abcdef".utf8.randomElement() ?? UInt8(ascii: "0") }
        }
        return try AccessToken(hex(32) + [UInt8(ascii: ".")] + hex(16))
    }
}
