/// What of a user's tokens is taken back.
package enum TokenRevocation: String, Sendable, CaseIterable {
    case access
    case refresh
    /// Both tokens; the platform can still ask for new ones in the user's name.
    case tokens
    /// Both tokens, and no new ones in the user's name until a pair is issued by hand.
    case all
}
