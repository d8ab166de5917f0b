/// When the access token that a new one replaces stops being good; the refresh token always works once.
package enum TokenRotation: String, Sendable, CaseIterable {
    /// As soon as the new one is handed out.
    case immediate
    /// Once the new one was used: an answer that got lost costs nobody the old one.
    case onUse = "on-use"
}
