package import RefreshCore

extension JournalEntry {
    /// The event in words and fields; fields without a value are absent.
    package init(_ event: Event, at now: Timestamp) {
        switch event {
        case .attempted(let attempt, let user, let number):
            self.init(attempt, user: user, number: number, at: now)
        case .parked(let user, let reason):
            self.init(parked: user, reason, at: now)
        case .userAdded(let user):
            self.init(.userAdded, user, "was added", at: now)
        case .tokenReplaced(let user):
            self.init(.tokenReplaced, user, "has a new token", at: now)
        case .tokenRenewed(let user, let grant):
            self.init(renewed: user, by: grant, at: now)
        case .renewalFailed(let user, let outcome):
            self.init(renewalFailed: user, outcome, at: now)
        case .renewalRefused(let user, let reason):
            self.init(renewalRefused: user, reason: reason, at: now)
        case .renewalsSuspended(let opening):
            self.init(renewalsSuspended: opening, at: now)
        case .renewalsResumed(let opening):
            self.init(renewalsResumed: opening, at: now)
        case .renewalsOff(let expiring, let first):
            self.init(renewalsOff: expiring, first: first, at: now)
        case .userUpdated(let user):
            let group = user.group.map { "follows group \($0)" } ?? "follows no group"
            let expiry = user.tokenExpiresAt.map { ", its token expires \($0)" } ?? ""
            self.init(.userUpdated, user, group + expiry, at: now)
        case .usersImported(let counts):
            self.init(.usersImported, at: now, message: "Imported: \(counts.text)")
        case .usersSynced(let counts, let removed, let obstacle):
            self.init(
                .usersSynced, at: now,
                message: "Synced: \(counts.text), \(counted(removed, "user")) removed"
                    + (obstacle.map { ": \($0)" } ?? ""))
        case .usersRegrouped(let count):
            self.init(.usersRegrouped, at: now, message: "Moved to another group: \(counted(count, "user"))")
        case .userRenamed(let user, let old):
            self.init(.userRenamed, user, "was renamed from \(old)", at: now)
            // A search for either id finds the entry.
            append(.userID, old.rawValue)
        case .usersRemoved(let count):
            self.init(.usersRemoved, at: now, message: "Removed: \(counted(count, "user"))")
        case .userRemoved(let id):
            self.init(.userRemoved, at: now, message: "User \(id) was removed")
            append(.userID, id.rawValue)
        case .userPaused(let user):
            self.init(paused: user, at: now)
        case .userResumed(let user):
            self.init(.userResumed, user, "is called again", at: now)
        case .breaker(let change):
            self.init(change, at: now)
        case .fleetThrottled(let pause):
            self.init(throttled: pause, at: now)
        case .fleetThrottlingEnded(let pause):
            self.init(
                .fleetThrottlingEnded,
                at: now,
                message: "The wait of \(pause.length.roundedText) after Tight's refusals is over: calls resume"
            )
        case .rateLimit(let change):
            self.init(change, at: now)
        case .fleetPaused(let pause):
            let end = pause.until.map { "until \($0)" } ?? "until resumed"
            self.init(
                .fleetPaused,
                at: now,
                message: "All calls are paused \(end)" + (pause.reason.map { " (\($0))" } ?? "")
                    + "; to resume sooner: bankrefreshd resume"
            )
        case .fleetResumed(let pause):
            self.init(
                .fleetResumed,
                at: now,
                message: "The pause of all calls is over" + (pause.reason.map { " (it was: \($0))" } ?? "")
            )
        case .windowMissed(let users):
            self.init(
                .windowMissed,
                at: now,
                message: "The window closed before \(counted(users, "user")) could be called; they are called in the "
                    + "next window"
            )
        case .starting(let version):
            self.init(.starting, at: now, message: "bankrefreshd \(version) is starting")
        case .ready(let users, let overdue, let server, let others):
            self.init(ready: users, overdue: overdue, server: server, others: others, at: now)
        case .configurationNote(let note):
            self.init(.configurationNote, at: now, message: "Note: \(note)")
        case .failed(let detail, let remedy):
            self.init(failed: detail, remedy: remedy, at: now)
        case .stopping(let inFlight):
            self.init(.stopping, at: now, message: "Stopping; \(counted(inFlight, "call")) in flight may end")
        case .stopped(let givenUp):
            let calls = "; \(counted(givenUp, "call")) given up, to be repeated after the minimum interval"
            self.init(.stopped, at: now, message: "Stopped" + (givenUp == 0 ? "" : calls))
        case .reloaded(let changes, let needRestart):
            self.init(reloaded: changes, needRestart: needRestart, at: now)
        case .reloadRefused(let problems):
            self.init(reloadRefused: problems, at: now)
        case .groupsUnknown(let sizes):
            let groups = sizes.map { size in
                "\(counted(size.users, "user")) \(size.users == 1 ? "belongs" : "belong") to \(size.group)"
            }.joined(separator: ", ")
            self.init(
                .groupsUnknown, at: now,
                message: "\(groups), which \(sizes.count == 1 ? "is" : "are") not configured; "
                    + "the general rules apply to them")
        case .keysChanged(let sealing, let opening):
            self.init(keysChanged: sealing, opening: opening, at: now)
        case .tokensResealed(let count, let key, let unused):
            self.init(tokensResealed: count, key: key, unused: unused, at: now)
        case .tokensGivenUp(let count):
            self.init(tokensGivenUp: count, at: now)
        case .tokensExported(let users, let caller):
            self.init(tokensExported: users, by: caller, at: now)
        case .clockStepped(let step):
            self.init(clockStepped: step, at: now)
        case .clockUncertain(let gap):
            self.init(clockUncertain: gap, at: now)
        case .memberJoined(let member):
            self.init(memberJoined: member, at: now)
        case .memberLeft(let member):
            self.init(memberLeft: member, at: now)
        case .memberVanished(let member):
            self.init(memberVanished: member, at: now)
        case .settingsPublished(let changes):
            self.init(settingsPublished: changes, at: now)
        case .settingsTaken(let changes):
            self.init(settingsTaken: changes, at: now)
        case .settingsDiffer(let differences):
            self.init(settingsDiffer: differences, at: now)
        case .settingsNotTaken(let detail):
            self.init(settingsNotTaken: detail, at: now)
        case .settingsAwaited:
            self.init(settingsAwaitedAt: now)
        case .storePromoted(let promotion):
            self.init(storePromoted: promotion, at: now)
        case .storeClockSetForward(let step):
            self.init(storeClockSetForward: step, at: now)
        case .storeFailed(let detail):
            self.init(
                .storeFailed,
                at: now,
                message: "The store does not work: \(detail); no calls are made until it does"
            )
            append(.error, detail.sanitized(limit: 1_000))
        case .storeRecovered:
            self.init(.storeRecovered, at: now, message: "The store works again")
        case .storeRestored(let restoration, let users, let holders, let areRenewed):
            self.init(restored: restoration, users: users, atRisk: holders, areRenewed: areRenewed, at: now)
        case .storeMoved(let origin):
            self.init(
                .storeMoved, at: now,
                message: "The users moved here from \(origin.from) at \(origin.at), with all that belongs to them; no "
                    + "daemon can use that store any more")
        case .storeMade(let place):
            self.init(storeMade: place, at: now)
        case .backupMade(let backup):
            self.init(backedUp: backup, at: now)
        case .backupFailed(let detail, let last):
            self.init(backupFailed: detail, last: last, at: now)
        case .controlFailed(let detail):
            self.init(.controlFailed, at: now, message: "The control socket: \(detail)")
            append(.error, detail.sanitized(limit: 1_000))
        case .webListening(let url, let warning):
            self.init(
                warning == nil ? .webListening : .webExposed, at: now,
                message: "The page is at \(url)" + (warning.map { "; \($0)" } ?? ""))
        case .webFailed(let detail):
            self.init(
                .webFailed, at: now,
                message: "The web page: \(detail); to serve it again: systemctl restart bankrefreshd")
            append(.error, detail.sanitized(limit: 1_000))
        case .webLoginsRefused(let count, let host):
            self.init(
                .webLoginsRefused, at: now,
                message: "\(counted(count, "login")) to the web page \(count == 1 ? "was" : "were") refused"
                    + (host.map { ", the last from \($0)" } ?? ""))
        case .entriesDropped(let count):
            self.init(dropped: count, at: now)
        case .alertRaised(let alert):
            self.init(raised: alert, at: now)
        case .alertEnded(let alert, let lasted, let ending):
            self.init(ended: alert, lasted: lasted, ending, at: now)
        }
    }

    /// Begins an entry with this message id and its priority.
    init(_ kind: MessageID, at now: Timestamp, message: String) {
        self.init(at: now, priority: kind.priority, messageID: kind, message: message)
    }

    /// Begins an entry with this message id, whose message `write` appends.
    init(_ kind: MessageID, at now: Timestamp, message write: (inout [UInt8]) -> Void) {
        self.init(at: now, priority: kind.priority, messageID: kind, message: write)
    }
}

/// A number and its noun: `1 user`, `1,204 users`.
func counted(_ count: Int, _ noun: String, _ plural: String? = nil) -> String {
    count.counted(noun, plural)
}
