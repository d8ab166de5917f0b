/// The new tokens of a leased user after a renewal.
package struct RenewalRecord: Equatable, Sendable {
    package let lease: Lease
    /// The token it began from: if that is no longer the user's, nothing is written.
    package let tokenVersion: Int64
    /// Nil when there is no new token: only `renewal` is written.
    package let tokens: SealedPair?
    package let renewal: User.Renewal

    package init(lease: Lease, tokenVersion: Int64, tokens: SealedPair?, renewal: User.Renewal) {
        self.lease = lease
        self.tokenVersion = tokenVersion
        self.tokens = tokens
        self.renewal = renewal
    }

    package struct SealedPair: Equatable, Sendable {
        package let access: SealedToken
        /// Nil when the stored one stays good.
        package let refresh: SealedToken?
        package let expiresAt: Timestamp?

        package init(access: SealedToken, refresh: SealedToken?, expiresAt: Timestamp?) {
            self.access = access
            self.refresh = refresh
            self.expiresAt = expiresAt
        }
    }
}

package enum RenewalWriting: Equatable, Sendable {
    /// Durable; the user with its tokens as they are now, under the same lease.
    case written(LeasedUser)
    /// The token was replaced meanwhile: nothing was written, and this is the stored user.
    case superseded(LeasedUser)
    /// The lease is gone; nothing was written.
    case refused
}
