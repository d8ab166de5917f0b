import Host
import RefreshCore
import Testing

@Suite struct EventEntryTests {
    private func entry(_ event: Event) -> JournalEntry {
        JournalEntry(event, at: Samples.now)
    }

    @Test func `a gap that nobody can measure is told with what follows`() {
        let message = entry(.clockUncertain(gap: .milliseconds(7_199_993)))[.message]
        #expect(message?.hasPrefix("The clock shows 2 h more than when a daemon last worked with this store") ?? false)
        #expect(message?.hasSuffix("none of it counts toward the minimum interval") ?? false)
    }

    @Test func `an attempt is told in a sentence and in fields`() throws {
        let user = try Samples.user("alice", .backingOff(due: Samples.due))
        let attempt = Samples.attempt(.rejected(messages: ["Bank is closed"]), status: 200, trigger: .manual)
        let entry = entry(.attempted(attempt, user: user, number: 3))
        #expect(
            entry[.message]
                == "User alice: rejected (attempt 3), manual call: Bank is closed; next try 2027-01-15T14:00:00Z"
        )
        #expect(entry[.priority] == "5")
        #expect(entry[.messageID] == MessageID.rejected.rawValue)
        #expect(entry[.identifier] == "bankrefreshd")
        #expect(entry[.userID] == "alice")
        #expect(entry[.outcome] == "rejected")
        #expect(entry[.attempt] == "3")
        #expect(entry[.httpStatus] == "200")
        #expect(entry[.error] == "Bank is closed")
        #expect(entry[.duration] == "1234567")
        #expect(entry[.nextDue] == "2027-01-15T14:00:00Z")
        #expect(entry[.state] == "backing off")
        #expect(entry[.trigger] == "manual")
    }

    @Test func `a field without a value is absent`() throws {
        let parked = try Samples.user("alice", .parked(.forbidden, since: Samples.now))
        let entry = entry(.attempted(Samples.attempt(.forbidden), user: parked, number: 1))
        #expect(entry[.httpStatus] == nil)
        #expect(entry[.nextDue] == nil)
        let success = self.entry(.attempted(Samples.attempt(.refreshed), user: try Samples.user(), number: 1))
        #expect(success[.error] == nil)
    }

    @Test(arguments: [
        (
            Outcome.refreshed, UserState.scheduled(due: Samples.due),
            "User alice: refreshed in 1 s; next call 2027-01-15T14:00:00Z"
        ),
        (
            .rejected(messages: []), .backingOff(due: Samples.due),
            "User alice: rejected (attempt 1); next try 2027-01-15T14:00:00Z"
        ),
        (
            .unauthorized, .parked(.unauthorized, since: Samples.now),
            "User alice: unauthorized (attempt 1): the token is invalid or has expired; "
                + "parked, to fix: bankrefreshd users add alice (with a new token)"
        ),
        (
            .unknown(.givenUp), .paused(nil),
            "User alice: unknown (attempt 1): the daemon was stopped before the answer came; paused"
        ),
        (
            .refreshed, .paused(PauseEnd(until: Samples.now, due: Samples.due)),
            "User alice: refreshed in 1 s; paused until 2027-01-15T08:00:00Z, next call 2027-01-15T14:00:00Z"
        ),
    ])
    func `the message says what follows`(outcome: Outcome, state: UserState, message: String) throws {
        let user = try Samples.user("alice", state)
        #expect(entry(.attempted(Samples.attempt(outcome), user: user, number: 1))[.message] == message)
    }

    @Test(arguments: [
        (
            ParkReason.unauthorized,
            "User alice is parked: its token is invalid or has expired; to fix: "
                + "bankrefreshd users add alice (with a new token)"
        ),
        (
            .forbidden,
            "User alice is parked: its token lacks permission; to fix: "
                + "bankrefreshd users resume alice (once the permission is granted)"
        ),
    ])
    func `a parked user comes with the command that mends it`(reason: ParkReason, message: String) throws {
        let entry = entry(.parked(try Samples.user("alice", .parked(reason, since: Samples.now)), reason))
        #expect(entry[.message] == message)
        #expect(entry[.state] == "parked")
        #expect(entry[.outcome] == nil)
        #expect(entry[.nextDue] == nil)
    }

    @Test func `a user that Tight refuses comes with the status and the commands that mend it`() throws {
        let entry = entry(.parked(try Samples.refused("eve"), .refused))
        #expect(
            entry[.message] == "User eve is parked: Tight refused its calls in 3 slots in a row: HTTP 404; to fix: "
                + "bankrefreshd users resume eve (once Tight has fixed it), or users remove")
        #expect(entry[.error] == "Tight refused its calls in 3 slots in a row: HTTP 404")
    }

    private static let told: [(event: Event, message: String)] = [
        (.ready(users: 1_204, overdue: 1), "Ready: 1,204 users, 1 call overdue"),
        (
            .ready(users: 3, overdue: 0, server: "db1:5432/b (192.0.2.7)"),
            "Ready: 3 users, 0 calls overdue; the store is on db1:5432/b (192.0.2.7)"
        ),
        (
            .ready(users: 3, overdue: 0, server: "db1:5432/b", others: ["host-b", "host-c"]),
            "Ready: 3 users, 0 calls overdue; the store is on db1:5432/b; 2 other daemons share rate and "
                + "concurrency: host-b, host-c"
        ),
        (.starting(version: "1.2.3"), "bankrefreshd 1.2.3 is starting"),
        (
            .windowMissed(users: 1_200),
            "The window closed before 1,200 users could be called; they are called in the next window"
        ),
        (.stopping(inFlight: 0), "Stopping; 0 calls in flight may end"),
        (.stopped(givenUp: 1), "Stopped; 1 call given up, to be repeated after the minimum interval"),
        (.clockStepped(by: .hours(-2)), "The clock was set back by 2 h; the schedule was corrected"),
        (.clockStepped(by: .days(3)), "The clock was set forward by 3 d; the schedule was corrected"),
        (
            .entriesDropped(count: 1_234_567),
            "Lost 1,234,567 entries of this log: the journal did not accept them in time"
        ),
        (
            .storeFailed(detail: "disk\nfull"),
            "The store does not work: disk full; no calls are made until it does"
        ),
        (
            .storeRestored(
                Samples.restoration, users: 1_204, atRisk: RefreshTokenHolders(count: 0, first: []), areRenewed: true),
            "The store was restored at 2027-01-15T08:00:00Z from a backup of 2027-01-15T00:00:00Z; what happened "
                + "in between is unknown: 1,204 users count as called at the restore and wait for the minimum interval; "
                + "users removed since then are back; to list them: journalctl -t bankrefreshd "
                + "MESSAGE_ID=8543af5f23844a9280cad639176256a2 --since \"2027-01-15 00:00:00 UTC\""
        ),
        (
            .storeRestored(
                StoreRestoration(takenAt: Samples.now, restoredAt: Samples.now, isTakenOver: true), users: 3,
                atRisk: RefreshTokenHolders(count: 2, first: []), areRenewed: true),
            "The store was restored at 2027-01-15T08:00:00Z from a backup of 2027-01-15T08:00:00Z; the times of calls "
                + "since then were copied from the previous store; the refresh tokens of 2 users may have been used since then: the "
                + "client credentials are tried first, first: "
        ),
        (
            .storeRestored(
                StoreRestoration(takenAt: Samples.now, restoredAt: Samples.due, isReopening: true), users: 3,
                atRisk: RefreshTokenHolders(), areRenewed: true),
            "The store was opened again at 2027-01-15T14:00:00Z, after its users had moved to another at "
                + "2027-01-15T08:00:00Z; what happened in between is unknown: 3 users count as called at that moment and "
                + "wait for the minimum interval; users removed since then are back; to list them: journalctl -t "
                + "bankrefreshd MESSAGE_ID=8543af5f23844a9280cad639176256a2 --since \"2027-01-15 08:00:00 UTC\""
        ),
        (
            .storeMoved(StoreOrigin(from: "/s", at: Samples.now)),
            "The users moved here from /s at 2027-01-15T08:00:00Z, with all that belongs to them; no daemon can use "
                + "that store any more"
        ),
        (
            .storeMade(place: "/s"),
            "There was no store at /s: the new one is empty; if you expect users, stop the daemon and put their "
                + "store back, or restore it: bankrefreshd store restore FILE"
        ),
        (.backupMade(Samples.backup), "Backed up 1,204 users in 3 s: /b/store.sqlite"),
        (
            .backupFailed(detail: "the disk is full", last: Samples.now),
            "The store was not backed up: the disk is full; the last good backup dates from 2027-01-15T08:00:00Z; it "
                + "will be retried"
        ),
        (
            .fleetPaused(FleetPause(until: Samples.due)),
            "All calls are paused until 2027-01-15T14:00:00Z; to resume sooner: bankrefreshd resume"
        ),
        (
            .fleetThrottled(Throttling.Pause(at: Samples.now, length: .minutes(5), users: 3, wasAsked: true)),
            "All calls are suspended until 2027-01-15T08:05:00Z: Tight asked to call less often, for 3 users; "
                + "to resume sooner: bankrefreshd resume"
        ),
        (
            .fleetThrottlingEnded(Throttling.Pause(at: Samples.now, length: .minutes(5), users: 3, wasAsked: true)),
            "The wait of 5 min after Tight's refusals is over: calls resume"
        ),
        (
            .reloadRefused(problems: ["$.a: unknown key", "$.b: too large"]),
            "Reload refused, the configuration is unchanged; 2 problems: $.a: unknown key; $.b: too large; "
                + "to try again: systemctl reload bankrefreshd"
        ),
        (
            .breaker(
                .opened(
                    Samples.opening(.failureRate(failed: 9, calls: 10, latest: .unavailable(.status(503))))
                )
            ),
            "All calls are suspended until 2027-01-15T08:00:30Z: 9 of 10 calls failed, the latest: HTTP status 503"
        ),
        (
            .breaker(.opened(Samples.opening(.probeFailed(.misconfigured(.status(404)))))),
            "All calls are suspended until 2027-01-15T08:00:30Z: a probe failed: "
                + "HTTP status 404: is api.baseURL right?; "
                + "to find the cause: bankrefreshd check-config --connect"
        ),
    ]

    @Test(arguments: told)
    func `the daemon's own events read well`(event: Event, message: String) {
        #expect(entry(event)[.message] == message)
    }

    @Test func `who is parked for a token of a backup is told so`() throws {
        var user = try Samples.user("alice", .parked(.unauthorized, since: Samples.now))
        user.record.lastAttempt = User.LastAttempt(
            at: Samples.now, outcome: .unauthorized, httpStatus: 401, reason: "refused; \(Samples.restoration.parkNote)"
        )
        #expect(
            entry(.parked(user, .unauthorized))[.message]
                == "User alice is parked: its token is invalid or has expired; the store was restored from a backup of "
                + "2027-01-15T00:00:00Z: the token may have been replaced since; "
                + "to fix: bankrefreshd users add alice (with a new token)")
    }

    @Test func `a reload is one entry, with a line for each change in its fields`() {
        let both = entry(.reloaded(changes: ["a: 1 → 2", "b: x → y"], needRestart: ["c: 1 → 2"]))
        #expect(
            both[.message]
                == "Reloaded: a: 1 → 2; b: x → y; these need a restart (systemctl restart bankrefreshd): c: 1 → 2")
        #expect(both[.changes] == "a: 1 → 2\nb: x → y")
        #expect(both[.needsRestart] == "c: 1 → 2")
        let none = entry(.reloaded(changes: [], needRestart: []))
        #expect(none[.changes] == nil && none[.needsRestart] == nil)
    }

    @Test func `an alert and its end are told in a sentence and in fields`() {
        let raised = entry(.alertRaised(Samples.alert(.stale)))
        #expect(
            raised[.message]
                == "Alert: 412 of 5,000 users had no success for 3 turns of their schedule (8.2 %, alert from 5 %); "
                + "to see more: bankrefreshd users list --state backing-off")
        #expect(raised[.messageID] == MessageID.alertStale.rawValue)
        #expect(raised[.priority] == "4")
        #expect(raised[.alert] == "stale")
        #expect(raised[.alertValue] == "0.0824")
        #expect(raised[.alertThreshold] == "0.05")
        #expect(raised[.alertUsers] == "412")
        #expect(raised[.alertLasted] == nil)

        let ended = entry(.alertEnded(Samples.alert(.late), lasted: .hours(3), .over))
        #expect(
            ended[.message] == "The alert is over after 3 h: calls are made 3 h 5 min late (alert from 1 h)")
        #expect(ended[.messageID] == MessageID.alertEnded.rawValue)
        #expect(ended[.priority] == "5")
        #expect(ended[.alert] == "late")
        #expect(ended[.alertUsers] == nil)
        #expect(ended[.alertLasted] == "10800000000")
        let off = entry(.alertEnded(Samples.alert(.late), lasted: .hours(3), .switchedOff))
        #expect(off[.message] == "The alert late was turned off after 3 h")
    }

    @Test func `every kind of event has its message id and priority`() throws {
        let entries = try Samples.events().map(entry)
        let kinds = try entries.map { try #require($0[.messageID].flatMap(MessageID.init)) }
        // The summary comes from the reporter, not from an event of its own.
        #expect(Set(kinds) == Set(MessageID.allCases).subtracting([.refreshedSummary]))
        for (entry, kind) in zip(entries, kinds) { #expect(entry.priority == kind.priority) }
    }

    @Test func `what concerns one user begins with it, and nothing else does`() throws {
        for entry in try Samples.events().map(entry) {
            let message = try #require(entry[.message])
            #expect((entry[.userID] != nil) == message.hasPrefix("User "), "\(message)")
        }
    }

    @Test func `a proxy, the configuration and the API each have an entry of their own`() {
        let expected: [(Outcome, MessageID)] = [
            (Outcome.unavailable(.status(503)), MessageID.breakerOpened), (.unknown(.timeout), .breakerOpened),
            (.unavailable(.handshakeFailed), .breakerOpened),
            (.unavailable(.proxy(.notReached)), .breakerProxy), (.unavailable(.proxy(.noAnswer)), .breakerProxy),
            (.unavailable(.proxy(.nameNotResolved)), .breakerProxy),
            (.unavailable(.proxy(.busy(status: 429))), .breakerProxy),
            // The proxy is well, what lies behind it is not.
            (.unavailable(.proxy(.targetNotReached(status: 503))), .breakerOpened),
            (.misconfigured(.proxy(.credentialsMissing)), .breakerMisconfigured),
            (.misconfigured(.certificate(.selfSigned)), .breakerMisconfigured),
            (.misconfigured(.clientCertificateRequired), .breakerMisconfigured),
        ]
        for (latest, id) in expected {
            for cause in [Breaker.Cause.failureRate(failed: 9, calls: 10, latest: latest), .probeFailed(latest)] {
                let entry = entry(.breaker(.opened(Samples.opening(cause))))
                #expect(entry[.messageID] == id.rawValue)
                #expect(entry[.message]?.hasSuffix("check-config --connect") == (id != .breakerOpened))
            }
        }
    }

    @Test func `a warning or worse is what a person is needed for`() throws {
        let loud = Set(MessageID.allCases.filter { $0.priority.rawValue <= JournalPriority.warning.rawValue })
        #expect(
            loud == [
                .userParked, .misconfigured, .breakerOpened, .breakerMisconfigured, .breakerProxy, .reloadRefused,
                .storeFailed, .failed, .controlFailed, .fleetThrottled,
                .clockStepped, .clockUncertain, .memberVanished, .storeClockSetForward, .storePromoted,
                .settingsDiffer, .settingsNotTaken, .settingsAwaited,
                .entriesDropped, .windowMissed, .tokensGivenUp, .tokensExported,
                .renewalRefused,
                .renewalsSuspended,
                .webExposed, .webFailed, .webLoginsRefused, .storeRestored, .storeReopened, .storeMade, .backupFailed,
                .groupsUnknown,
                .alertRejected, .alertRefused, .alertRefusedCalls, .alertAPI, .alertFailing, .alertStale,
                .alertExpiring, .alertLate,
            ]
        )
    }

    @Test func `every message is one clean line that programs need not parse`() throws {
        for event in try Samples.events() {
            let entry = entry(event)
            let message = try #require(entry[.message])
            #expect(!message.isEmpty)
            #expect(message == message.sanitized(limit: JournalEntry.longestMessage))
            if case .attempted(let attempt, let user, _) = event {
                #expect(entry[.outcome] == attempt.outcome.kind.rawValue)
                #expect(entry[.state] == user.state.kind.rawValue)
            } else {
                #expect(entry[.outcome] == nil)
            }
        }
    }
}
