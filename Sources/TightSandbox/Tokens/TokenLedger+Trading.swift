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

    mutating func behaviour(for user: Int?, outage: Outage?, shares: Shares, draw: Double) -> Behaviour {
        switch outage {
        case .status(let code): return .status(code, .json)
        case .refuse: return .closeWithoutAnswer
        case nil: break
        }
        if let user, let behaviour = scripts[user]?.next() { return behaviour }
        if let behaviour = scriptForAll?.next() { return behaviour }
        return shares.behaviour(for: draw)
    }

    /// Replaces the user's tokens if client and grant are valid.
    mutating func trade(_ order: RenewalOrder, _ directory: UserDirectory, lifetime: Duration)
        -> Result<IssuedPair, TokenRefusal>
    {
        guard let clientID, let clientSecret, order.request.clientID == clientID,
            order.request.clientSecret == clientSecret
        else { return .failure(.invalidClient) }
        switch order.request.grant {
        case .unusable(let refusal): return .failure(refusal)
        case .refreshToken(let token):
            guard let user = order.user, book.isGood(token, of: user) else {
                return .failure(.invalidGrant("The refresh token is unknown, used, or revoked."))
            }
            return issue(to: user, lifetime: lifetime)
        case .clientCredentials:
            guard let user = order.user, !book.isBarred(user) else {
                return .failure(.invalidGrant("There is no such user, or it is barred."))
            }
            return issue(to: user, lifetime: lifetime)
        }
    }

    mutating func issue(to user: Int, lifetime: Duration) -> Result<IssuedPair, TokenRefusal> {
        guard let pair = try? IssuedPair(issuedAt: .atPresent, lifetime: lifetime) else {
            return .failure(.invalidGrant("No token could be made."))
        }
        book.issue(pair, to: user, keepsAccess: rotation == .onUse)
        return .success(pair)
    }

    mutating func takeMet() -> WaitingRoom.Met {
        waiting.takeMet(begun: log.total, ended: ended) { user in
            let renewals = renewals[user] ?? UserRenewals()
            return (renewals.count, renewals.count - renewals.inFlight)
        }
    }
}
