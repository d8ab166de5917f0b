/// What happened, for whoever listens: the journal, metrics, tests.
///
/// Reported once, where it happens.
package enum Event: Equatable, Sendable {
    /// One attempt came to an end and is settled; `user` is how it left the user, `number` its place in the run of
    /// attempts since the last success.
    case attempted(Attempt, user: User, number: Int)
    /// The user is not called until a person or a new token releases it.
    case parked(User, ParkReason)
    case userAdded(User)
    case tokenReplaced(User)
    /// Many users were put at once: one entry instead of one each.
    case usersImported(added: Int, replaced: Int, released: Int)
    case userRemoved(UserID)
    case userPaused(User)
    case userResumed(User)
    case breaker(Breaker.Change)
    /// Several users were told to call less often, so nobody is called for a while; and when that is over.
    case fleetThrottled(Throttling.Pause)
    case fleetThrottlingEnded(Throttling.Pause)
    case fleetPaused(FleetPause)
    case fleetResumed
    /// So many users fell due in a window that closed before they were called; they wait for the next one.
    case windowMissed(users: Int)
    case starting(version: String)
    case ready(users: Int, overdue: Int)
    /// The daemon cannot go on, and ends.
    case failed(detail: String, remedy: String?)
    case stopping(inFlight: Int)
    case stopped(givenUp: Int)
    case reloaded(changes: [String], needRestart: [String])
    case reloadRefused(problems: [String])
    /// Other keys seal and open tokens from now on; their ids.
    case keysChanged(sealing: String, opening: [String])
    /// Every token is sealed with the newest key; `unused` seal nothing any more.
    case tokensResealed(count: Int, key: String, unused: [String])
    /// So many tokens were given up because their key was lost; their users wait for new ones.
    case tokensGivenUp(count: Int)
    /// The calendar jumped; how schedules were kept right.
    case clockStepped(by: Duration)
    /// The store failed; work goes on when it answers again.
    case storeFailed(detail: String)
    case storeRecovered
    /// The control socket's server met an error of its own; the work goes on.
    case controlFailed(detail: String)
    /// Journal entries that could not be kept because the journal did not take them.
    case entriesDropped(count: Int)
}
