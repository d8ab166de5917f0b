/// What the token endpoint has seen so far; never holds a token.
package struct RenewalLog: Codable, Equatable, Sendable {
    /// Requests, those in flight included.
    package var total = 0
    package var inFlight = 0
    package var maxConcurrent = 0
    /// Requests that began while another for the same user was under way: 0 where no user is renewed twice at once.
    package var overlapping = 0
    /// What was decided, by `RenewalRecord.Outcome`.
    package var outcomes: [String: Int] = [:]
    /// What requests met, by the name of the behaviour.
    package var behaviours: [String: Int] = [:]
    /// Requests that nobody's user could be found for.
    package var unattributed = UserRenewals()
    /// Those for whom tokens were asked, by user id.
    package var users: [String: UserRenewals] = [:]

    package init() {}
}
