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
            self.init(
                .renewalsSuspended, at: now,
                message: "No tokens are renewed until \(opening.until): \(opening.cause.text); calls go on with the "
                    + "existing tokens")
            append(.error, opening.cause.text)
            append(.nextDue, opening.until.description)
        case .renewalsResumed:
            self.init(.renewalsResumed, at: now, message: "Tokens are renewed again")
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
                message: "Synced: \(counts.text), \(removed.counted("user")) removed"
                    + (obstacle.map { ": \($0)" } ?? ""))
        case .usersRegrouped(let count):
            self.init(.usersRegrouped, at: now, message: "Moved to another group: \(count.counted("user"))")
        case .userRenamed(let user, let old):
            self.init(.userRenamed, user, "was renamed from \(old)", at: now)
            // A search for either id finds the entry.
            append(.userID, old.rawValue)
        case .usersRemoved(let count):
            self.init(.usersRemoved, at: now, message: "Removed: \(count.counted("user"))")
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
            let reason =
                "Tight asked to call less often, for \(pause.users.counted("user"))"
                + (pause.wasAsked ? "" : ", without naming a wait")
            self.init(
                .fleetThrottled, at: now,
                message: "All calls are suspended until \(pause.until): \(reason); to resume sooner: bankrefreshd "
                    + "resume")
            append(.error, reason)
            append(.nextDue, pause.until.description)
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
                message: "The window closed before \(users.counted("user")) could be called; they are called in the "
                    + "next window"
            )
        case .starting(let version):
            self.init(.starting, at: now, message: "bankrefreshd \(version) is starting")
        case .ready(let users, let overdue, let server, let others):
            var message = "Ready: \(users.counted("user")), \(overdue.counted("call")) overdue"
            if let server { message += "; the store is on \(server)" }
            if !others.isEmpty {
                message += "; \(others.count.counted("other daemon")) \(others.count == 1 ? "shares" : "share") "
                message += "rate and concurrency: \(others.joined(separator: ", "))"
            }
            self.init(.ready, at: now, message: message)
        case .configurationNote(let note):
            self.init(.configurationNote, at: now, message: "Note: \(note)")
        case .failed(let detail, let remedy):
            self.init(
                .failed, at: now, message: "The daemon cannot run: \(detail)" + (remedy.map { "; \($0)" } ?? ""))
            append(.error, detail.sanitized(limit: 4_000))
        case .stopping(let inFlight):
            self.init(.stopping, at: now, message: "Stopping; \(inFlight.counted("call")) in flight may end")
        case .stopped(let givenUp):
            let calls = "; \(givenUp.counted("call")) given up, to be repeated after the minimum interval"
            self.init(.stopped, at: now, message: "Stopped" + (givenUp == 0 ? "" : calls))
        case .reloaded(let changes, let needRestart):
            var message = "Reloaded: " + (changes.isEmpty ? "nothing changed" : changes.joined(separator: "; "))
            if !needRestart.isEmpty {
                message += "; these need a restart (systemctl restart bankrefreshd): "
                message += needRestart.joined(separator: "; ")
            }
            self.init(.reloaded, at: now, message: message)
            append(.changes, Self.lines(changes))
            append(.needsRestart, Self.lines(needRestart))
        case .reloadRefused(let problems):
            self.init(
                .reloadRefused, at: now,
                message: "Reload refused, the configuration is unchanged; \(problems.count.counted("problem")): "
                    + problems.joined(separator: "; ") + "; to try again: systemctl reload bankrefreshd")
            append(.error, Self.lines(problems))
        case .groupsUnknown(let sizes):
            let groups = sizes.map { size in
                "\(size.users.counted("user")) \(size.users == 1 ? "belongs" : "belong") to \(size.group)"
            }.joined(separator: ", ")
            self.init(
                .groupsUnknown, at: now,
                message: "\(groups), which \(sizes.count == 1 ? "is" : "are") not configured; "
                    + "the general rules apply to them")
        case .keysChanged(let sealing, let opening):
            let others = opening.isEmpty ? "" : "; tokens sealed with \(opening.joined(separator: ", ")) still open"
            self.init(.keysChanged, at: now, message: "New tokens are sealed with key \(sealing)\(others)")
        case .tokensResealed(let count, let key, let unused):
            let rest =
                unused.isEmpty
                ? ""
                : "; key \(unused.joined(separator: ", ")) is no longer needed; to remove it: bankrefreshd key prune"
            self.init(
                .tokensResealed, at: now,
                message: "Every token is sealed with key \(key) (\(count.counted("token")) re-encrypted)\(rest)")
        case .tokensGivenUp(let count):
            self.init(
                .tokensGivenUp, at: now,
                message: "\(count.counted("token")) were given up because their key was lost: their users wait for new "
                    + "ones; to fix: bankrefreshd users import FILE")
        case .tokensExported(let users, let caller):
            self.init(
                .tokensExported, at: now,
                message: "The tokens of \(users.counted("user")) leave the store in clear text: bankrefreshd tokens "
                    + "export, run by uid \(caller)")
        case .clockStepped(let step):
            let direction = step < .zero ? "back" : "forward"
            let span = (step < .zero ? .zero - step : step).roundedText
            self.init(
                .clockStepped, at: now,
                message: "The clock was set \(direction) by \(span); the schedule was corrected")
        case .clockUncertain(let gap):
            self.init(
                .clockUncertain, at: now,
                message: "The clock shows \(gap.roundedText) more than when a daemon last worked with this store, a "
                    + "longer gap than ever before. It is unknown whether that time really passed, so none of it "
                    + "counts toward the minimum interval")
        case .memberJoined(let member):
            self.init(
                .memberJoined, at: now,
                message: "\(member.name) (version \(member.version)) works with this store too; rate and concurrency "
                    + "are shared")
        case .memberLeft(let member):
            self.init(
                .memberLeft, at: now,
                message: "\(member.name) stopped; the other daemons of this store take over its share of rate and "
                    + "concurrency")
        case .memberVanished(let member):
            self.init(
                .memberVanished, at: now,
                message: "Nothing has been heard from \(member.name) since \(member.seenAt); the other daemons of this "
                    + "store take over its share; users that it was calling wait for the end of their calls' lease, "
                    + "ten minutes and the minimum interval, or for the minimum interval alone if it starts again on "
                    + "its host")
        case .settingsPublished(let changes):
            self.init(
                .settingsPublished, at: now,
                message: "All daemons of this store follow this host's file now: \(changes.joined(separator: ", "))")
        case .settingsTaken(let changes):
            self.init(
                .settingsTaken, at: now,
                message: "Applied the settings that another daemon of this store published: "
                    + changes.joined(separator: ", "))
        case .settingsDiffer(let differences):
            self.init(
                .settingsDiffer, at: now,
                message: "Other daemons use this store, and their settings are in force: \(differences.sentence()); to "
                    + "put this file in force on all hosts: bankrefreshd reload --publish")
        case .settingsNotTaken(let detail):
            self.init(
                .settingsNotTaken, at: now,
                message: "The settings of the other daemons of this store cannot be applied, so no calls are made "
                    + "here: \(detail)")
            append(.error, detail.sanitized(limit: 1_000))
        case .settingsAwaited:
            self.init(
                .settingsAwaited, at: now,
                message: "Another server took over the store, and it is not yet known whether it lacks recent changes: "
                    + "this daemon waits for the settings of the fleet, and makes no calls until it has them")
        case .storePromoted(let promotion):
            let what =
                promotion.isLossy
                ? "and may lack the latest calls: \(promotion.doubted.counted("user")) that may have been called count "
                    + "as called; calls go on"
                : "and has everything that was stored; calls go on"
            self.init(.storePromoted, at: now, message: "Another server took over the store, \(what)")
        case .storeClockSetForward(let step):
            self.init(
                .storeClockSetForward, at: now,
                message: "The clock of the store's server was set forward by \(step.roundedText); running minimum "
                    + "intervals are longer by that much")
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
            let way =
                StorePlace(place).isOnServer
                ? "name their database in store.postgresql, or restore it there"
                : "put their store back, or restore it: bankrefreshd store restore FILE"
            self.init(
                .storeMade, at: now,
                message: "There was no store at \(place): the new one is empty; if you expect users, stop the daemon "
                    + "and \(way)")
        case .backupMade(let backup):
            self.init(
                .backupMade, at: now,
                message: "Backed up \(backup.mark.users.counted("user")) in \(backup.took.roundedText): \(backup.path)")
            append(.duration, backup.took.wholeMicroseconds)
        case .backupFailed(let detail, let last):
            self.init(
                .backupFailed, at: now,
                message: "The store was not backed up: \(detail); "
                    + (last.map { "the last good backup dates from \($0)" } ?? "there is no good backup yet")
                    + "; it will be retried")
            append(.error, detail.sanitized(limit: 1_000))
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
                message: "\(count.counted("login")) to the web page \(count == 1 ? "was" : "were") refused"
                    + (host.map { ", the last from \($0)" } ?? ""))
        case .entriesDropped(let count):
            self.init(
                .entriesDropped, at: now,
                message: "Lost \(count.counted("entry", "entries")) of this log: the journal did not accept them in "
                    + "time")
        case .alertRaised(let alert):
            self.init(raised: alert, at: now)
        case .alertEnded(let alert, let lasted, let ending):
            self.init(ended: alert, lasted: lasted, ending, at: now)
        }
    }

    private static func lines(_ texts: [String]) -> String? {
        texts.isEmpty ? nil : texts.map { $0.sanitized(limit: 1_000) }.joined(separator: "\n")
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
