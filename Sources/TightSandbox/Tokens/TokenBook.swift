package import RefreshCore

/// The valid tokens and their users; stores only fingerprints, a few dozen bytes per user.
struct TokenBook: Sendable {
    enum Presented: Equatable, Sendable {
        case user(Int)
        case expired
        case unknown
    }

    private struct Access: Sendable {
        let user: Int32
        let expiresAt: Timestamp
    }

    private struct Holder: Sendable {
        var access: TokenFingerprint?
        var refresh: TokenFingerprint?
        /// The latest spent refresh tokens, oldest first, kept so that a reused one can be attributed to its user.
        var spentRefresh: [TokenFingerprint] = []
        /// Access tokens that a newer one replaces but has not yet invalidated.
        var superseded: [TokenFingerprint] = []
        var isBarred = false
    }

    /// More than the number of answers that are lost in a row.
    private static let spentKept = 16

    private var holders: [Holder]
    private var byAccess: [TokenFingerprint: Access] = [:]
    private var byRefresh: [TokenFingerprint: Int32] = [:]

    init(users: Int) {
        holders = Array(repeating: Holder(), count: users)
        byAccess.reserveCapacity(users)
    }

    /// Adds a user's initial tokens; a user who is listed twice has both access tokens.
    mutating func add(_ user: Int, access: TokenFingerprint, refresh: TokenFingerprint?, expiresAt: Timestamp?) {
        if let old = holders[user].access { holders[user].superseded.append(old) }
        holders[user].access = access
        byAccess[access] = Access(user: Int32(user), expiresAt: expiresAt ?? .distantFuture)
        if let refresh {
            holders[user].refresh = refresh
            byRefresh[refresh] = Int32(user)
        }
    }

    /// The user of this access token; with `endsSuperseded`, its use invalidates the tokens that it replaces.
    mutating func present(_ access: TokenFingerprint, now: Timestamp, endsSuperseded: Bool) -> Presented {
        guard let found = byAccess[access] else { return .unknown }
        guard now < found.expiresAt else { return .expired }
        let user = Int(found.user)
        if endsSuperseded, !holders[user].superseded.isEmpty, holders[user].access == access { endSuperseded(of: user) }
        return .user(user)
    }

    /// The user who has this refresh token, or had it recently.
    func user(of refresh: TokenFingerprint) -> Int? {
        byRefresh[refresh].map(Int.init)
    }

    func isGood(_ refresh: TokenFingerprint, of user: Int) -> Bool {
        holders[user].refresh == refresh
    }

    func isBarred(_ user: Int) -> Bool {
        holders[user].isBarred
    }

    /// Replaces the user's tokens; with `keepsAccess`, the old access token stays valid until the new one is used.
    mutating func issue(_ pair: IssuedPair, to user: Int, keepsAccess: Bool) {
        if !keepsAccess { endAccess(of: user) }
        endRefresh(of: user)
        holders[user].isBarred = false
        add(
            user,
            access: TokenFingerprint(of: pair.access),
            refresh: TokenFingerprint(of: pair.refresh),
            expiresAt: pair.expiresAt
        )
    }

    mutating func revoke(_ what: TokenRevocation, of user: Int) {
        if what != .refresh { endAccess(of: user) }
        if what != .access { endRefresh(of: user) }
        if what == .all { holders[user].isBarred = true }
    }

    private mutating func endAccess(of user: Int) {
        endSuperseded(of: user)
        if let access = holders[user].access { byAccess[access] = nil }
        holders[user].access = nil
    }

    private mutating func endSuperseded(of user: Int) {
        for old in holders[user].superseded { byAccess[old] = nil }
        holders[user].superseded = []
    }

    private mutating func endRefresh(of user: Int) {
        guard let current = holders[user].refresh else { return }
        if holders[user].spentRefresh.count >= Self.spentKept {
            byRefresh[holders[user].spentRefresh.removeFirst()] = nil
        }
        holders[user].spentRefresh.append(current)
        holders[user].refresh = nil
    }
}

/// A pair of tokens as it was issued; the sandbox itself keeps only fingerprints.
package struct IssuedPair: Sendable, Equatable {
    package let access: AccessToken
    package let refresh: AccessToken
    package let issuedAt: Timestamp
    package let lifetime: Duration

    package var expiresAt: Timestamp { issuedAt.advanced(by: lifetime) }

    /// Creates a new pair, each token in the vendor's format.
    init(issuedAt: Timestamp, lifetime: Duration) throws(AccessTokenProblem) {
        access = try Self.token()
        refresh = try Self.token()
        self.issuedAt = issuedAt
        self.lifetime = lifetime
    }

    private static func token() throws(AccessTokenProblem) -> AccessToken {
        func random(_ bytes: Int) -> [UInt8] { (0..<bytes).map { _ in .random(in: .min ... .max) } }
        return try AccessToken(digits: random(32), check: random(16))
    }
}
