import RefreshCore

extension TokenLedger.State {
    /// The user of the grant, whether or not the grant is valid.
    func user(named grant: TokenRequest.Grant, in directory: UserDirectory) -> Int? {
        switch grant {
        case .refreshToken(let token): book.user(of: token)
        case .clientCredentials(let user): directory.index(of: user)
        case .unusable: nil
        }
    }

    /// Replaces the user's tokens if client and grant are valid.
    mutating func trade(_ request: TokenRequest, of user: Int?) throws(TokenRefusal) -> IssuedPair {
        guard let clientID, let clientSecret, request.clientID == clientID, request.clientSecret == clientSecret
        else { throw .invalidClient }
        switch request.grant {
        case .unusable(let refusal): throw refusal
        case .refreshToken(let token):
            guard let user, book.isGood(token, of: user) else {
                throw .invalidGrant("The refresh token is unknown, used, or revoked.")
            }
            return try issue(to: user)
        case .clientCredentials:
            guard let user, !book.isBarred(user) else {
                throw .invalidGrant("There is no such user, or it is barred.")
            }
            return try issue(to: user)
        }
    }

    mutating func issue(to user: Int) throws(TokenRefusal) -> IssuedPair {
        guard let pair = try? IssuedPair(issuedAt: .atPresent, lifetime: lifetime ?? TokenLedger.vendorsLifetime) else {
            throw .invalidGrant("No token could be made.")
        }
        book.issue(pair, to: user, keepsAccess: rotation == .onUse)
        return pair
    }

    /// Ends the waits for requests that have now begun or ended.
    mutating func releaseMet() {
        waiting.releaseMet { user in
            guard let user else { return (log.total, log.total - log.inFlight) }
            let renewals = renewals[user] ?? UserRenewals()
            return (renewals.count, renewals.count - renewals.inFlight)
        }
    }
}
