package import RefreshCore

/// A token whose key was lost: kept as it is but for its first byte, so that nobody tries to open it, and so that it
/// can be taken back should the key turn up.
extension SealedToken {
    package var isGivenUp: Bool { bytes.first == KeyRing.givenUp }

    var givenUp: SealedToken { SealedToken(bytes: [KeyRing.givenUp] + bytes.dropFirst()) }

    var takenBack: SealedToken {
        isGivenUp ? SealedToken(bytes: [KeyRing.version] + bytes.dropFirst()) : self
    }
}
