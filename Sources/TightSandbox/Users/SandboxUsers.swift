import Crypto
package import RefreshCore

/// The users whom the sandbox knows.
package struct SandboxUsers: Sendable {
    package let list: [SandboxUser]

    package init(_ list: [SandboxUser]) {
        self.list = list
    }

    /// Creates `user-000001` and so on, each with a token in the vendor's format.
    ///
    /// The tokens are HMAC-SHA256 of the user's id under `seed`: the same seed gives the same tokens, for any count.
    /// With `expiresAt`, access tokens expire then, and all users have a refresh token.
    package static func generate(count: Int, seed: String, expiresAt: Timestamp? = nil) throws -> SandboxUsers {
        let key = SymmetricKey(data: Array(seed.utf8))
        func digest(_ purpose: String, _ id: String) -> [UInt8] {
            Array(HMAC<SHA256>.authenticationCode(for: Array("\(purpose) \(id)".utf8), using: key))
        }
        return SandboxUsers(
            try (0..<count).map { index in
                let digits = String(index + 1)
                let id = "user-" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
                func token(_ purpose: String, _ check: String) throws(AccessTokenProblem) -> AccessToken {
                    try AccessToken(digits: digest(purpose, id), check: digest(check, id).prefix(16))
                }
                return SandboxUser(
                    id: try UserID(id),
                    token: try token("token", "check"),
                    refreshToken: expiresAt == nil ? nil : try token("refresh token", "refresh check"),
                    expiresAt: expiresAt
                )
            }
        )
    }

    /// The same users, with this expiry time for every access token that has none.
    package func expiring(at moment: Timestamp) -> SandboxUsers {
        SandboxUsers(
            list.map { user in
                var user = user
                user.expiresAt = user.expiresAt ?? moment
                return user
            }
        )
    }
}

extension AccessToken {
    /// A token in the vendor's format: 64 hex digits, a dot, 32 hex digits.
    init(digits: some Sequence<UInt8>, check: some Sequence<UInt8>) throws(AccessTokenProblem) {
        func hex(_ bytes: some Sequence<UInt8>) -> [UInt8] {
            let digits = Array("0123456789abcdef".utf8)
            return bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        }
        try self.init(hex(digits) + [UInt8(ascii: ".")] + hex(check))
    }
}

/// One end user, with the user's initial tokens.
package struct SandboxUser: Sendable, Equatable {
    package let id: UserID
    package let token: AccessToken
    package let refreshToken: AccessToken?
    /// The expiry time of the access token; nil if it lives as long as the sandbox.
    package fileprivate(set) var expiresAt: Timestamp?

    package init(id: UserID, token: AccessToken, refreshToken: AccessToken? = nil, expiresAt: Timestamp? = nil) {
        self.id = id
        self.token = token
        self.refreshToken = refreshToken
        self.expiresAt = expiresAt
    }
}

/// The users by id and by index.
struct UserDirectory: Sendable {
    private(set) var ids: [UserID] = []
    private var byID: [UserID: Int] = [:]

    init(_ users: SandboxUsers) {
        ids.reserveCapacity(users.list.count)
        byID.reserveCapacity(users.list.count)
        for user in users.list where byID[user.id] == nil {
            byID[user.id] = ids.count
            ids.append(user.id)
        }
    }

    func index(of user: UserID) -> Int? {
        byID[user]
    }

    /// Nil also if the text is not a valid id.
    func index(of text: String) -> Int? {
        (try? UserID(text)).flatMap { byID[$0] }
    }
}

/// Stands for a token in the sandbox's records: enough to recognise it, not enough to use it.
struct TokenFingerprint: Hashable, Sendable {
    private let digits: UInt128

    init(of token: some Sequence<UInt8>) {
        digits = SHA256.hash(data: Array(token)).prefix(16).reduce(0) { $0 << 8 | UInt128($1) }
    }

    init(of token: AccessToken) {
        self = token.secret.withBytes { TokenFingerprint(of: $0) }
    }
}
