import RefreshCore
import TokenVault

extension TokenSealer {
    /// Whether a stored token opens; one that was given up opens with no key, by its operator's wish.
    @Sendable func opens(_ text: SealedText) -> Bool {
        text.sealed.isGivenUp || (try? open(text.sealed, as: text.kind, for: text.id)) != nil
    }
}
