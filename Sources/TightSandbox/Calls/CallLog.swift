/// What the sandbox has seen so far; never holds a token.
package struct CallLog: Codable, Equatable, Sendable {
    /// Calls with a known token, those in flight included.
    package var total = 0
    package var inFlight = 0
    package var maxConcurrent = 0
    /// Calls without a token or with one that nobody has, or has any more.
    package var unknownTokens = 0
    /// Calls with a token whose time was over.
    package var expiredTokens = 0
    package var wrongPaths = 0
    package var wrongMethods = 0
    /// Calls with a known token, by the name of the behaviour they met.
    package var behaviours: [String: Int] = [:]
    /// Those who called, by user id.
    package var users: [String: UserCalls] = [:]

    package init() {}
}
