@testable import RefreshCore
import RefreshDaemon

/// Users, attempts and events to report.
enum Samples {
    static let now = Timestamp(secondsSinceEpoch: 1_800_000_000)
    static let due = now.advanced(by: .hours(6))

    static func user(_ id: String = "alice", _ state: UserState = .scheduled(due: due)) throws -> User {
        let id = try UserID(id)
        return User(id: id, place: Place(of: id, seed: 1), state: state, record: .init(slot: now))
    }

    /// Parked since Tight answered 404 turn after turn.
    static func refused(_ id: String) throws -> User {
        var user = try user(id, .parked(.refused, since: now))
        user.record.refusal = Refusal(status: 404, turns: 3, turnEnds: due)
        return user
    }

    static func attempt(
        _ outcome: Outcome,
        status: Int? = nil,
        trigger: Attempt.Trigger = .schedule,
        duration: Duration = .microseconds(1_234_567)
    ) -> Attempt {
        Attempt(
            outcome: outcome,
            httpStatus: status,
            trigger: trigger,
            startedAt: now.advanced(by: .seconds(-1)),
            endedAt: now,
            duration: duration
        )
    }

    static let outcomes: [Outcome] = [
        .refreshed, .rejected(messages: ["Bank is closed", "try later"]), .rejected(messages: []),
        .unauthorized, .forbidden, .refused(status: 422),
        .throttled(retryAfter: .minutes(5)), .throttled(retryAfter: nil), .unavailable(.notConnected),
        .unknown(.timeout), .malformed(Malformation(.notJSON, bytes: 512, contentType: "text/html")),
        .misconfigured(.status(404)),
    ]

    static func opening(_ cause: Breaker.Cause) -> Breaker.Opening {
        Breaker.Opening(cause: cause, at: now, pause: .seconds(30), count: 2)
    }

    static let restoration = StoreRestoration(takenAt: now.advanced(by: .hours(-8)), restoredAt: now)

    static let backup = StoreBackup(
        path: "/b/store.sqlite", mark: BackupMark(takenAt: now, version: "1", users: 1_204), bytes: 4_096,
        took: .seconds(3))

    static func alert(_ kind: AlertKind) -> Alert {
        let figure: Alert.Figure =
            switch kind {
            case .late: Alert.Figure(value: 11_100)
            case .expiring: Alert.Figure(value: 1_200, users: 1_200, span: 259_200)
            case .stale: Alert.Figure(value: 0.0824, users: 412, total: 5_000, span: 3)
            case .refusedCalls: Alert.Figure(value: 0.0125, users: 1_250, total: 100_000)
            case .rejected, .refused, .api, .failing:
                Alert.Figure(value: 0.3125, users: 1_250, total: 4_000, span: 3_600)
            }
        let threshold = AlertPolicy()[kind].threshold ?? 0
        return Alert(kind: kind, since: now.advanced(by: .minutes(-10)), figure: figure, threshold: threshold)
    }

    private static var member: FleetMember {
        FleetMember(id: 7, name: "host-b", version: "1.2.3", joinedAt: now, seenAt: now)
    }

    /// At least one of every kind.
    static func events() throws -> [Event] {
        let alice = try user()
        var renewing = alice
        renewing.renewal.due = due
        let parked = try user("alice", .parked(.unauthorized, since: now))
        let attempts = outcomes.map { Event.attempted(attempt($0), user: alice, number: 2) }
        return attempts + [
            .attempted(attempt(.unauthorized, status: 401), user: parked, number: 1),
            .parked(parked, .unauthorized),
            .parked(try user("bob", .parked(.forbidden, since: now)), .forbidden),
            .parked(try refused("eve"), .refused),
            .usersImported(PutCounts(added: 1_200, replaced: 2, released: 1)),
            .usersImported(PutCounts(unopened: 4, updated: 5, unchanged: 1_000)),
            .userUpdated(alice), .usersSynced(PutCounts(added: 1, unchanged: 1_000), removed: 2),
            .usersSynced(PutCounts(unchanged: 2), removed: 0, obstacle: "1 row refused"),
            .usersRegrouped(200), .userRenamed(alice, from: try UserID("alicia")), .usersRemoved(10_000),
            .groupsUnknown(["gold", "old"].compactMap(GroupName.init).map { GroupSize(group: $0, users: 200) }),
            .failed(detail: "the key does not fit", remedy: "put the right key where store.key points"),
            .keysChanged(sealing: "0b3484d9", opening: ["5a0c11ee"]),
            .tokensResealed(count: 3, key: "0b3484d9", unused: ["5a0c11ee"]),
            .tokensGivenUp(count: 2), .tokensExported(users: 1_204, by: 0),
            .controlFailed(detail: "no more files"),
            .userAdded(alice), .tokenReplaced(alice), .userRemoved(alice.id), .userResumed(alice),
            .userPaused(try user("alice", .paused(nil))),
            .userPaused(try user("alice", .paused(PauseEnd(until: now, due: due)))),
            .breaker(
                .opened(opening(.failureRate(failed: 9, calls: 10, latest: .unavailable(.status(503)))))
            ),
            .breaker(.opened(opening(.probeFailed(.unknown(.timeout))))),
            .breaker(.opened(opening(.probeFailed(.unavailable(.proxy(.notReached)))))),
            .breaker(.opened(opening(.misconfigured(.certificate(.selfSigned))))),
            .breaker(.opened(opening(.probeFailed(.misconfigured(.status(404)))))),
            .breaker(.probing(after: opening(.misconfigured(.status(404))))),
            .breaker(.closed(after: opening(.misconfigured(.status(404))))),
            .tokenRenewed(alice, by: .refreshToken), .tokenRenewed(alice, by: .clientCredentials),
            .renewalFailed(renewing, .unavailable(.status(503))), .renewalRefused(alice, reason: "gone"),
            .renewalRefused(alice, reason: nil),
            .renewalsSuspended(opening(.misconfigured(.renewalRefused(status: 401)))),
            .renewalsResumed(after: opening(.misconfigured(.renewalRefused(status: 401)))),
            .renewalsOff(expiring: 0, first: []), .renewalsOff(expiring: 1_204, first: [alice, parked]),
            .fleetThrottled(Throttling.Pause(at: now, length: .minutes(5), users: 3, wasAsked: true)),
            .fleetThrottled(Throttling.Pause(at: now, length: .seconds(5), users: 1, wasAsked: false)),
            .rateLimit(.found(9.62)), .rateLimit(.gone(9.62)),
            .fleetThrottlingEnded(Throttling.Pause(at: now, length: .minutes(5), users: 3, wasAsked: true)),
            .fleetPaused(FleetPause(until: due)), .fleetPaused(FleetPause(until: nil)),
            .fleetResumed(FleetPause(until: due, reason: "the bank asked")),
            .windowMissed(users: 1_200),
            .starting(version: "1.2.3"), .configurationNote("soon is not safe"), .ready(users: 1_204, overdue: 3),
            .ready(users: 3, overdue: 0, server: "db1.example.com:5432/bankrefreshd", others: ["host-b", "host-c"]),
            .stopping(inFlight: 2),
            .stopped(givenUp: 0), .stopped(givenUp: 1),
            .reloaded(changes: ["schedule.every: 24h → 12h"], needRestart: ["store.sqlite.path"]),
            .reloaded(changes: [], needRestart: []),
            .reloadRefused(problems: ["$.a: unknown key", "$.b: too large"]),
            .clockStepped(by: .hours(-2)), .clockStepped(by: .days(3)), .clockUncertain(gap: .hours(2)),
            .memberJoined(member), .memberLeft(member), .memberVanished(member),
            .storeClockSetForward(by: .seconds(3)),
            .settingsPublished(changes: ["schedule.every: 24h → 12h"]),
            .settingsTaken(changes: ["schedule.every: 24h → 12h", "limits.burst: 1 → 2"]),
            .settingsDiffer([SettingDifference(path: "schedule.every", file: "6h", fleet: "12h")]),
            .settingsNotTaken(detail: "schedule.pace: no such key"), .settingsAwaited,
            .storePromoted(StorePromotion(isLossy: false, doubted: 0)),
            .storePromoted(StorePromotion(isLossy: true, doubted: 1_204)),
            .storeFailed(detail: "disk\nfull"),
            .webListening(url: "http://127.0.0.1:9477/", warning: nil),
            .webListening(url: "https://0.0.0.0:9477/", warning: "the page has no login"),
            .webFailed(detail: "it ended"),
            .webLoginsRefused(count: 1, host: "10.0.0.7"), .webLoginsRefused(count: 1_000, host: nil),
            .storeRecovered, .entriesDropped(count: 12_345),
            .storeRestored(restoration, users: 1_204, atRisk: RefreshTokenHolders(), areRenewed: true),
            .storeRestored(
                restoration, users: 1, atRisk: RefreshTokenHolders(count: 1, first: [alice.id]), areRenewed: false),
            .storeRestored(
                StoreRestoration(takenAt: now, restoredAt: due, isReopening: true), users: 3,
                atRisk: RefreshTokenHolders(), areRenewed: true),
            .storeMoved(StoreOrigin(from: "/var/lib/store", at: now)),
            .storeMade(place: "/var/lib/store"), .backupMade(backup),
            .backupFailed(detail: "disk\nfull", last: nil), .backupFailed(detail: "disk full", last: now),
        ]
            + AlertKind.allCases.map { .alertRaised(alert($0)) }
            + [
                .alertEnded(alert(.stale), lasted: .hours(3), .over),
                .alertEnded(alert(.late), lasted: .hours(3), .switchedOff),
            ]
    }
}
