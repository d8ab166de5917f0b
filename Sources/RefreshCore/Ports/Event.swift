/// What happened, for all listeners: the journal, metrics, tests.
///
/// Each event is reported once, where it happens.
package enum Event: Equatable, Sendable {
    /// An attempt ended and is settled.
    ///
    /// `user` is the user after it, `number` its place in the run of attempts since the last success.
    case attempted(Attempt, user: User, number: Int)
    /// The user is not called until a person or a new token releases it.
    case parked(User, ParkReason)
    /// The user has a new token, obtained with a grant of this kind; it is stored and in use.
    case tokenRenewed(User, by: TokenGrant.Kind)
    /// A renewal before expiry failed for a temporary reason; the old token stays in use.
    case renewalFailed(User, Outcome)
    /// Tight refused every grant: the token is used until it expires, then the user is parked.
    case renewalRefused(User, reason: String?)
    /// Renewals are suspended, or resume.
    case renewalsSuspended(Breaker.Opening)
    case renewalsResumed(after: Breaker.Opening)
    /// There are no client credentials, so no tokens are renewed.
    ///
    /// `expiring` is the number of tokens with a known expiry, `first` the users whose tokens expire first.
    case renewalsOff(expiring: Int, first: [User])
    case userAdded(User)
    case tokenReplaced(User)
    /// Many users were added or replaced at once: one entry instead of one each.
    case usersImported(PutCounts)
    /// The user's group or the expiry of its token changed; the token is the same.
    case userUpdated(User)
    /// The users match a file; others were removed.
    ///
    /// `obstacle` says why none were removed although the file may lack some; nil if nothing prevented it.
    case usersSynced(PutCounts, removed: Int, obstacle: String? = nil)
    case usersRegrouped(Int)
    case userRenamed(User, from: UserID)
    case userRemoved(UserID)
    /// Many users were removed at once; each has its own entry too.
    case usersRemoved(Int)
    case userPaused(User)
    case userResumed(User)
    case breaker(Breaker.Change)
    /// Tight asked several users to call less often, so all calls wait; or that wait is over.
    case fleetThrottled(Throttling.Pause)
    case fleetThrottlingEnded(Throttling.Pause)
    /// The API accepts only this rate of calls, or the limit is gone.
    case rateLimit(LearnedRate.Change)
    case fleetPaused(FleetPause)
    /// The pause is over, ended by the operator or by time.
    case fleetResumed(FleetPause)
    /// This number of users fell due in a window that closed before they were called; they wait for the next one.
    case windowMissed(users: Int)
    case starting(version: String)
    /// The daemon is ready; `server` holds the store, in words, and `others` are the other daemons on it, by name.
    ///
    /// Nil and empty if the store is a file.
    case ready(users: Int, overdue: Int, server: String? = nil, others: [String] = [])
    /// The configuration gives up a guarantee, which is allowed; reported at every start.
    case configurationNote(String)
    /// The daemon cannot go on, and ends.
    case failed(detail: String, remedy: String?)
    case stopping(inFlight: Int)
    case stopped(givenUp: Int)
    case reloaded(changes: [String], needRestart: [String])
    case reloadRefused(problems: [String])
    /// Users name groups that are not configured; the general rules apply to them.
    case groupsUnknown([GroupSize])
    /// Other keys seal and open tokens from here on, given by their ids.
    case keysChanged(sealing: String, opening: [String])
    /// Every token is sealed with the newest key; the keys in `unused` seal nothing any more.
    case tokensResealed(count: Int, key: String, unused: [String])
    /// This number of tokens was given up because their key was lost; their users wait for new ones.
    case tokensGivenUp(count: Int)
    /// Tokens of this number of users are about to be written in clear text, as requested by this uid.
    case tokensExported(users: Int, by: UInt32)
    /// The calendar jumped by this much, and schedules were adjusted to it.
    case clockStepped(by: Duration)
    /// The calendar gained `gap` since a daemon last worked; that time may not have passed, so it does not count.
    case clockUncertain(gap: Duration)
    /// Another daemon joined and shares rate and concurrency; or left in order; or was not heard from for too long.
    case memberJoined(FleetMember)
    case memberLeft(FleetMember)
    case memberVanished(FleetMember)
    /// This daemon published its file's settings to the fleet, on request or because no other daemon worked.
    case settingsPublished(changes: [String])
    /// Another daemon published settings, which are in force here.
    case settingsTaken(changes: [String])
    /// The file differs from the fleet's settings, which are in force.
    case settingsDiffer([SettingDifference])
    /// The fleet's settings cannot be put in force here, so this daemon makes no calls.
    case settingsNotTaken(detail: String)
    /// Another server took over the store, and this daemon, which is starting, cannot know the fleet's settings yet.
    case settingsAwaited
    /// The calendar of a shared store was set forward; minimum intervals are longer by that much.
    case storeClockSetForward(by: Duration)
    /// Another server took over the store, and calls go on.
    case storePromoted(StorePromotion)
    /// The store failed; work goes on when it answers again.
    case storeFailed(detail: String)
    case storeRecovered
    /// The store came from a backup, or was reopened after a move.
    ///
    /// `users` were held back; the refresh tokens of `atRisk` may have been used since.
    case storeRestored(StoreRestoration, users: Int, atRisk: RefreshTokenHolders, areRenewed: Bool)
    /// The users moved to this store from another.
    case storeMoved(StoreOrigin)
    /// There was no store, and an empty one was made.
    case storeMade(place: String)
    case backupMade(StoreBackup)
    /// The first failure of a run; `last` is when the last good backup was made.
    case backupFailed(detail: String, last: Timestamp?)
    /// The control socket's server had an internal error; the work goes on.
    case controlFailed(detail: String)
    /// The web page is served; `warning` is set if other machines can reach it.
    case webListening(url: String, warning: String?)
    /// The web page stopped unexpectedly; the work goes on.
    case webFailed(detail: String)
    /// This number of logins to the web page were refused since the last calm; the last came from this address.
    case webLoginsRefused(count: Int, host: String?)
    /// Journal entries were dropped because the journal did not accept them.
    case entriesDropped(count: Int)
    /// An alert starts, or ends; `lasted` is measured from `since` on the steady clock.
    case alertRaised(Alert)
    case alertEnded(Alert, lasted: Duration, Alert.Ending)
}

package struct BackupMark: Equatable, Sendable {
    package var takenAt: Timestamp
    /// The version of the program that took it.
    package var version: String
    package var users: Int

    package init(takenAt: Timestamp, version: String, users: Int) {
        self.takenAt = takenAt
        self.version = version
        self.users = users
    }
}

/// Counts of the written users, by result.
package struct PutCounts: Encodable, Equatable, Sendable {
    package var added = 0
    /// Stored before, and given a new token.
    package var replaced = 0
    /// As `replaced`, and released from being parked.
    package var released = 0
    /// Given a new token because the stored one could not be opened to compare it.
    package var unopened = 0
    /// Their token is the same; their group or its expiry is not.
    package var updated = 0
    package var unchanged = 0

    package static let zero = PutCounts()

    /// Users whose old token was replaced by a new one.
    package var withNewToken: Int { replaced + released + unopened }

    package var all: Int { added + withNewToken + updated + unchanged }
}

/// Receives events.
///
/// It never blocks, throws or waits, because it is called on the working path.
package protocol EventReporting: Sendable {
    func report(_ event: Event)
}
