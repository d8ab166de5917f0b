/// Asks Tight for a new pair of tokens.
///
/// It makes one request and never retries, sleeps or stores; every failure becomes an answer exactly once.
package protocol TokenRenewing: Sendable {
    /// Exchanges `grant` for a new pair; if cancelled after the request may have been sent, it is `failed(.unknown)`.
    ///
    /// `beginBy` is as in `BankRefreshing`.
    func renew(_ grant: TokenGrant, beginBy: Duration?) async throws(CallNotBegun) -> RenewalAnswer
}

/// The grant for a new pair of tokens.
///
/// Source: RFC 6749 sections 4.4 and 6; Tight's own `userId` beside the client's credentials.
package enum TokenGrant: Sendable, Equatable {
    case refreshToken(AccessToken)
    /// The platform's own credentials and the name of its user.
    case clientCredentials(UserID)

    package enum Kind: String, Sendable, Codable {
        case refreshToken = "refresh token"
        case clientCredentials = "client credentials"
    }

    package var kind: Kind {
        switch self {
        case .refreshToken: .refreshToken
        case .clientCredentials: .clientCredentials
        }
    }
}

/// A new access token with the data that came with it.
package struct TokenPair: Sendable, Equatable {
    package let access: AccessToken
    /// Replaces the refresh token that was used; nil if the answer had none, and the old one stays valid.
    package let refresh: AccessToken?
    package let issuedAt: Timestamp
    /// Nil when the answer did not say how long the token lives.
    package let expiresAt: Timestamp?

    package init(access: AccessToken, refresh: AccessToken?, issuedAt: Timestamp, expiresAt: Timestamp?) {
        self.access = access
        self.refresh = refresh
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
    }
}

/// The result of one request for a new pair.
package enum RenewalAnswer: Sendable, Equatable {
    case renewed(TokenPair)
    /// The grant is no longer valid (RFC 6749 `invalid_grant`, and statuses that mean the same): do not ask again.
    ///
    /// Tight's message, sanitised and truncated.
    case refused(reason: String?)
    /// The grant was not judged; `throttled`, `refused`, `unavailable`, `unknown`, `malformed` or `misconfigured`.
    ///
    /// `refused` concerns this user, unless others get it too. `misconfigured(.renewalRefused)` may mean wrong client
    /// credentials or a wrong endpoint: if all users get it, all renewals stop.
    case failed(Outcome)
}
