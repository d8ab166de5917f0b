/// A user's stored token, and the data that came with it.
package struct StoredToken: Equatable, Sendable {
    package let access: SealedToken
    package let refresh: SealedToken?
    /// As `User.tokenVersion`.
    package let version: Int64
    package let expiresAt: Timestamp?
    package let group: GroupName?
    /// When it was issued, as far as known.
    package let issuedAt: Timestamp?

    package init(
        access: SealedToken, refresh: SealedToken?, version: Int64, expiresAt: Timestamp?, group: GroupName?,
        issuedAt: Timestamp? = nil
    ) {
        self.access = access
        self.refresh = refresh
        self.version = version
        self.expiresAt = expiresAt
        self.group = group
        self.issuedAt = issuedAt
    }
}
