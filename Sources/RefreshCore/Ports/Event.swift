/// What happened, for all listeners: the journal, metrics, tests.
///
/// Reported once, where it happens.
package enum Event: Equatable, Sendable {
    /// One attempt came to an end and is settled; `user` is how it left the user, `number` its place in the run of
    /// attempts since the last success.
    case attempted(Attempt, user: User, number: Int)
    /// The user is not called until a person or a new token releases it.
    case parked(User, ParkReason)
    /// The user has a new token, asked for with a grant of this kind; it is stored and in use.
    case tokenRenewed(User, by: TokenGrant.Kind)
    /// A renewal before expiry failed for a temporary reason; the old token stays in use.
    case renewalFailed(User, Outcome)
    /// Tight refused every grant: the token lives out its time, then the user is parked.
    case renewalRefused(User, reason: String?)
    /// Renewals are suspended; and when they resume.
    case renewalsSuspended(Breaker.Opening)
    case renewalsResumed(after: Breaker.Opening)
    /// There are no client credentials, so nothing is renewed; the first users to expire, and the number of tokens with
    /// a known expiry.
    case renewalsOff(expiring: Int, first: [User])
    case userAdded(User)
    case tokenReplaced(User)
    /// Many users were put at once: one entry instead of one each.
    case usersImported(PutCounts)
    /// The user's group or the expiry of its token changed; the token is the same.
    case userUpdated(User)
    /// The users now match a file; others were removed. `obstacle` says why none were removed although some may be
    /// missing from the file; nil if nothing prevented it.
    case usersSynced(PutCounts, removed: Int, obstacle: String? = nil)
    /// Many users were moved to another group at once.
    case usersRegrouped(Int)
    case userRenamed(User, from: UserID)
    case userRemoved(UserID)
    /// Many users were removed at once, each of which has its entry too.
    case usersRemoved(Int)
    case userPaused(User)
    case userResumed(User)
    case breaker(Breaker.Change)
    /// Tight asked several users to call less often, so all calls wait; and when that is over.
    case fleetThrottled(Throttling.Pause)
    case fleetThrottlingEnded(Throttling.Pause)
    /// The API accepts only this rate of calls; and when the limit is gone.
    case rateLimit(LearnedRate.Change)
    case fleetPaused(FleetPause)
    /// The pause is over, ended by the operator or by time.
    case fleetResumed(FleetPause)
    /// This number of users fell due in a window that closed before they were called; they wait for the next one.
    case windowMissed(users: Int)
    case starting(version: String)
    /// `server` has the store, in words, and `others` work with it too, by name; nil and none where it is a file.
    case ready(users: Int, overdue: Int, server: String? = nil, others: [String] = [])
    /// The configuration gives up a guarantee, which is allowed; reported at every start.
    case configurationNote(String)
    /// The daemon cannot go on, and ends.
    case failed(detail: String, remedy: String?)
    case stopping(inFlight: Int)
    case stopped(givenUp: Int)
    case reloaded(changes: [String], needRestart: [String])
    case reloadRefused(problems: [String])
    /// Users name groups that the configuration does not: the general rules apply to them.
    case groupsUnknown([GroupSize])
    /// Other keys seal and open tokens from now on; their ids.
    case keysChanged(sealing: String, opening: [String])
    /// Every token is sealed with the newest key; `unused` seal nothing any more.
    case tokensResealed(count: Int, key: String, unused: [String])
    /// This number of tokens was given up because their key was lost; their users wait for new ones.
    case tokensGivenUp(count: Int)
    /// The tokens of this number of users are about to be written in clear text, requested by this uid.
    case tokensExported(users: Int, by: UInt32)
    /// The calendar jumped; how schedules were kept right.
    case clockStepped(by: Duration)
    /// The calendar shows this much more than when a daemon last worked, and it is unknown whether that time passed: it
    /// does not count.
    case clockUncertain(gap: Duration)
    /// Another daemon works with the store from now on, and shares rate and concurrency; it left in order; and nothing
    /// was heard of it for too long.
    case memberJoined(FleetMember)
    case memberLeft(FleetMember)
    case memberVanished(FleetMember)
    /// This daemon made the settings of its file those of the fleet, since it was told to or no other daemon worked.
    case settingsPublished(changes: [String])
    /// Another daemon published settings, which are in force here now.
    case settingsTaken(changes: [String])
    /// The file says otherwise than the fleet's settings, which are in force.
    case settingsDiffer([SettingDifference])
    /// The fleet's settings cannot be put in force here, so this daemon makes no calls.
    case settingsNotTaken(detail: String)
    /// Another server took over the store, and this daemon, which starts, cannot know yet what the fleet's settings are.
    case settingsAwaited
    /// The calendar of the store that daemons share was set forward; minimum intervals are longer by that.
    case storeClockSetForward(by: Duration)
    /// Another server took the place of the store's, and calls go on.
    case storePromoted(StorePromotion)
    /// The store failed; work goes on when it answers again.
    case storeFailed(detail: String)
    case storeRecovered
    /// The store came from a backup, or was opened again after a move: the users held back, and those whose refresh token may
    /// have been used since.
    case storeRestored(StoreRestoration, users: Int, atRisk: RefreshTokenHolders, areRenewed: Bool)
    /// The store is another one than before: its users moved here.
    case storeMoved(StoreOrigin)
    /// There was no store, and an empty one was made.
    case storeMade(place: String)
    case backupMade(StoreBackup)
    /// The first failure of a run; `last` is the last good one.
    case backupFailed(detail: String, last: Timestamp?)
    /// The control socket's server met an error of its own; the work goes on.
    case controlFailed(detail: String)
    /// The web page is served; `warning` where others than this machine can reach it.
    case webListening(url: String, warning: String?)
    /// The web page ended before its time; the work goes on.
    case webFailed(detail: String)
    /// This number of logins to the web page were refused since it was calm; the last came from this address.
    case webLoginsRefused(count: Int, host: String?)
    /// Journal entries that could not be kept because the journal did not take them.
    case entriesDropped(count: Int)
    /// An alert starts; and when it ends.
    case alertRaised(Alert)
    case alertEnded(Alert, lasted: Duration, Alert.Ending)
}

/// The mark of a backup.
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
package struct PutCounts: Equatable, Sendable {
    package var added: Int
    /// Stored before, and given a new token.
    package var replaced: Int
    /// As `replaced`, and no longer parked.
    package var released: Int
    /// Given a new token because the stored one could not be opened to compare it.
    package var unopened: Int
    /// Their token is the same; their group or its expiry is not.
    package var updated: Int
    /// Left as they are, in all respects.
    package var unchanged: Int

    package init(
        added: Int = 0, replaced: Int = 0, released: Int = 0, unopened: Int = 0, updated: Int = 0, unchanged: Int = 0
    ) {
        self.added = added
        self.replaced = replaced
        self.released = released
        self.unopened = unopened
        self.updated = updated
        self.unchanged = unchanged
    }

    /// Users that have a new token in the place of an old one.
    package var withNewToken: Int { replaced + released + unopened }

    package var all: Int { added + withNewToken + updated + unchanged }
}

/// Takes note of events.
///
/// Never blocks, throws or waits: it is called on the working path.
package protocol EventReporting: Sendable {
    func report(_ event: Event)
}
