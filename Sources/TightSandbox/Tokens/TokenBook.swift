package import RefreshCore

/// Which tokens are good, and whose they are: fingerprints alone, a few dozen bytes a user.
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
        /// The latest, oldest first: remembered, so that one that comes again is booked with its user.
        var spentRefresh: [TokenFingerprint] = []
        /// Access tokens that a newer one replaces but has not ended yet.
        var superseded: [TokenFingerprint] = []
        var isBarred = false
    }

    /// More than answers are lost one after the other.
    private static let spentKept = 16

    private var holders: [Holder]
    private var byAccess: [TokenFingerprint: Access] = [:]
    private var byRefresh: [TokenFingerprint: Int32] = [:]

    init(users: Int) {
        holders = Array(repeating: Holder(), count: users)
        byAccess.reserveCapacity(users)
    }

    /// Adds what a user has from the beginning; a user who is there twice has both tokens.
    mutating func add(_ user: Int, access: TokenFingerprint, refresh: TokenFingerprint?, expiresAt: Timestamp?) {
        if let old = holders[user].access { holders[user].superseded.append(old) }
        holders[user].access = access
        byAccess[access] = Access(user: Int32(user), expiresAt: expiresAt ?? .distantFuture)
        if let refresh {
            holders[user].refresh = refresh
            byRefresh[refresh] = Int32(user)
        }
    }

    /// Whose access token that is; with `endsSuperseded`, those it replaces are good no more.
    mutating func present(_ access: TokenFingerprint, now: Timestamp, endsSuperseded: Bool) -> Presented {
        guard let found = byAccess[access] else { return .unknown }
        guard now < found.expiresAt else { return .expired }
        let user = Int(found.user)
        if endsSuperseded, !holders[user].superseded.isEmpty, holders[user].access == access { endSuperseded(of: user) }
        return .user(user)
    }

    /// Who has that refresh token, or had it not long ago.
    func user(of refresh: TokenFingerprint) -> Int? {
        byRefresh[refresh].map(Int.init)
    }

    func isGood(_ refresh: TokenFingerprint, of user: Int) -> Bool {
        holders[user].refresh == refresh
    }

    func isBarred(_ user: Int) -> Bool {
        holders[user].isBarred
    }

    /// Replaces what the user has; the old access token lives on if it is kept, until the new one is used.
    mutating func issue(_ pair: IssuedPair, to user: Int, keepsAccess: Bool) {
        if !keepsAccess { endAccess(of: user) }
        endRefresh(of: user)
        holders[user].isBarred = false
        let access = pair.access.secret.withBytes { TokenFingerprint(of: $0) }
        let refresh = pair.refresh.secret.withBytes { TokenFingerprint(of: $0) }
        add(user, access: access, refresh: refresh, expiresAt: pair.expiresAt)
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
