@testable import RefreshCore

extension Situation {
    private static let full = FleetSnapshot.StoreFailure(
        text: "the disk that holds /srv/store is full", remedy: "make room; nothing is lost", since: ago(.minutes(4)))
    private static let isFull = "The store does not work: the disk that holds /srv/store is full"
    private static let gone = FleetSnapshot.StoreFailure(
        text: "the store /srv/store is not in its place: /srv/store is gone", remedy: nil, since: ago(.minutes(4)))
    private static let isGone = "The store does not work: the store /srv/store is not in its place: /srv/store is gone"
    private static let allFresh = "All is well: 2,000 of 2,000 users are fresh"
    private static let refreshing = "Refreshing, 6 in flight, next call 2027-01-15T12:50:08Z"
    private static let throttling = Throttling.Pause(
        at: ago(.minutes(1)), length: .minutes(6), users: 3, wasAsked: true)

    static let all: [Situation] = [
        Situation("all is well", .well, allFresh, refreshing) { _ in },
        Situation(
            "the store is full", .trouble, isFull, "\(isFull); no calls are made until it does, 6 in flight",
            isReady: false, [.storeFailing]
        ) { $0.storeFailure = full },
        Situation(
            "the store is gone", .trouble, isGone, "\(isGone); no calls are made until it does, 6 in flight",
            isReady: false, [.storeFailing]
        ) { $0.storeFailure = gone },
        Situation(
            "the store does not count in time", .attention, "The store answers slowly",
            "Refreshing, the store answers slowly, 6 in flight", [.storeSlow]
        ) {
            $0.isCountMissing = true
            ($0.census, $0.tallies, $0.expiry, $0.nextDue) = (nil, nil, nil, nil)
        },
        Situation(
            "the store's log is not copied", .attention, "The store's log has grown to 1,500 MiB",
            "Refreshing, the store's log has grown to 1,500 MiB, 6 in flight", [.storeLogGrows]
        ) { $0.space = StoreSpace(bytes: 4_000 << 20, freeBytes: 0, logBytes: 1_500 << 20) },
        Situation("the store's log is as large as it may be", .well, allFresh, refreshing) {
            $0.space = StoreSpace(bytes: 65 << 20, freeBytes: 0, logBytes: StoreSpace.longestLog)
        },
        Situation("a large store has a large log", .well, allFresh, refreshing) {
            $0.space = StoreSpace(bytes: 3_000 << 20, freeBytes: 0, logBytes: 1_000 << 20)
        },
        Situation(
            "the store is full and the scheduler stuck", .trouble, "The scheduler is stuck",
            "\(isFull); no calls are made until it does", isReady: false, isLive: false,
            [.schedulerStuck, .storeFailing]
        ) {
            $0.storeFailure = full
            $0.sinceLastTurn = .minutes(7)
        },
        Situation(
            "the scheduler is stuck", .trouble, "The scheduler is stuck", "The scheduler is stuck, 6 in flight",
            isReady: false, isLive: false, [.schedulerStuck]
        ) { $0.sinceLastTurn = .seconds(121) },
        Situation("a turn takes as long as it may", .well, allFresh, refreshing) { $0.sinceLastTurn = .seconds(120) },
        Situation(
            "the breaker is open", .trouble, "Tight is not well: no calls are made until 12:56 UTC",
            "Waiting for the API until 2027-01-15T12:56:00Z: 19 of 24 calls failed, the latest: HTTP status 503, "
                + "6 in flight, next call 2027-01-15T12:56:00Z",
            [.breakerOpen]
        ) {
            $0.breaker = .open(opening(outage))
            overdue(1_300, since: .minutes(26))(&$0)
        },
        Situation(
            "the breaker is open and nobody is due", .trouble, "Tight is not well: no calls are made until 12:56 UTC",
            "The next call probes the API: 19 of 24 calls failed", [.breakerOpen]
        ) {
            $0.breaker = .open(opening(outage))
            $0.nextDue = now.advanced(by: .hours(3))
        },
        Situation(
            "the API is probed", .trouble, "Tight is not well: a few probes find out whether to go on",
            "Probing the API: 19 of 24 calls failed", [.breakerOpen]
        ) { $0.breaker = .probing(opening(outage), started: 1, answered: 0) },
        Situation(
            "the configuration is wrong", .trouble, "The configuration is wrong: no calls are made until 12:56 UTC",
            "Waiting for the API until 2027-01-15T12:56:00Z: ", [.breakerOpen]
        ) { $0.breaker = .open(opening(.misconfigured(.status(404)))) },
        Situation(
            "the proxy does not answer", .trouble, "The proxy lets nothing through: no calls are made until 12:56 UTC",
            "Waiting for the API until 2027-01-15T12:56:00Z: a probe failed: ", [.breakerOpen]
        ) { $0.breaker = .open(opening(.probeFailed(.unavailable(.proxy(.noAnswer))))) },
        Situation(
            "all calls are paused", .attention, "All calls are paused",
            "Paused by the operator (night shift), 6 in flight", [.paused]
        ) {
            $0.pause = FleetPause(until: nil, reason: "night shift")
            overdue(1_300, since: .hours(9))(&$0)
        },
        Situation(
            "all calls are paused for a while", .attention, "All calls are paused",
            "Paused by the operator until 2027-01-15T14:50:00Z, 6 in flight, next call 2027-01-15T14:50:00Z", [.paused]
        ) { $0.pause = FleetPause(until: now.advanced(by: .hours(2))) },
        Situation(
            "all calls are paused and the breaker is open", .attention, "All calls are paused",
            "Paused by the operator, Tight is not well: probes find out once calls are resumed, 6 in flight",
            [.paused, .breakerOpen]
        ) {
            $0.pause = FleetPause(until: nil)
            $0.breaker = .open(opening(outage))
        },
        Situation(
            "Tight asks to call less often", .attention, "Tight asks to call less often",
            "Waiting until 2027-01-15T12:55:00Z: Tight asks to call less often, 6 in flight, next call 2027-01-15T12:55",
            [.throttled]
        ) { $0.throttling = throttling },
        Situation(
            "a rate was learned", .well, allFresh,
            "Refreshing at 9.62 calls a second, as many as Tight lets through, 6 in flight"
        ) { $0.learnedRate = 9.62 },
        Situation(
            "no tokens are renewed", .attention, "No tokens are renewed until 12:56 UTC",
            "Refreshing, no tokens are renewed until 12:56 UTC, 6 in flight", [.renewalsSuspended]
        ) {
            $0.renewals = .open(opening(outage))
            $0.expiry = FleetSnapshot.Expiry(expired: 3, withinDay: 900, withinWeek: 2_000, withinMonth: 2_000)
        },
        Situation(
            "an alert is raised", .attention,
            "300 of 1,000 users called in the last 1 h were answered FAILURE (30 %, alert from 20 %)",
            "Refreshing, 300 of 1,000 users called", [.alertRejected]
        ) { $0.alerts = [alert(.rejected, 300, of: 1_000)] },
        Situation(
            "most users fail", .trouble,
            "900 of 1,000 users called in the last 1 h were not refreshed (90 %, alert from 30 %)",
            "Refreshing, 900 of 1,000 users called", [.alertFailing]
        ) {
            $0.alerts = [alert(.failing, 900, of: 1_000)]
            $0.tallies = [AttemptTally(from: ago(.minutes(10)), counts: [.refreshed: 10, .unknown: 90])]
        },
        Situation(
            "a third of the last hour's calls failed", .attention, "33 % of the last hour's calls failed",
            "Refreshing, 33 % of the last hour's calls failed, 6 in flight", [.callsFailing]
        ) { $0.tallies = [AttemptTally(from: ago(.minutes(10)), counts: [.refreshed: 20, .unknown: 10])] },
        Situation(
            "65 % are overdue", .trouble, "1,300 of 2,000 users are overdue, the oldest for 4 min",
            "Refreshing, 1,300 of 2,000 users are overdue, the oldest for 4 min, 6 in flight, next call now", [.late],
            overdue(1_300, since: .minutes(4), of: .minutes(10))),
        Situation(
            "a batch is on its way", .well, "700 of 2,000 users are fresh", "Refreshing, 6 in flight",
            [], overdue(1_300, since: .seconds(4), of: .minutes(10))),
        Situation(
            "one user of a day waits for an hour", .attention, "1 of 2,000 users is overdue, the oldest for 1 h",
            "Refreshing, 1 of 2,000 users is overdue", [.late], overdue(1, since: .hours(1))),
        Situation(
            "one user of a day waits for half an hour", .well, "All is well: 1,999 of 2,000 users are fresh",
            "Refreshing, 6 in flight", [], overdue(1, since: .minutes(30))),
        Situation(
            "the schedule is late for as long as an alert takes", .trouble,
            "Calls are made 3 h late (alert from 1 h)", "Refreshing, calls are made 3 h late", [.late]
        ) {
            overdue(1_100, since: .hours(3))(&$0)
            $0.alerts = [
                Alert(
                    kind: .late, since: ago(.hours(2)), figure: .init(value: 10_800),
                    threshold: 3_600)
            ]
        },
        Situation(
            "half of the users are backing off", .attention, "1,000 of 2,000 users are backing off",
            "Refreshing, 1,000 of 2,000 users are backing off", [.backingOff]
        ) { $0.census?.byState = [.scheduled: 1_000, .backingOff: 1_000] },
        Situation("the daemon starts", .starting, "Starting", "Starting, 0 in flight", isReady: false) {
            ($0.phase, $0.sinceLastTurn, $0.census, $0.nextDue) = (.starting, nil, nil, nil)
            $0.inFlight = 0
        },
        Situation(
            "the daemon starts on a full disk", .trouble, isFull, "\(isFull); no calls", isReady: false, [.storeFailing]
        ) {
            ($0.phase, $0.sinceLastTurn, $0.storeFailure) = (.starting, nil, full)
        },
        Situation("the daemon stops", .stopping, "Stopping", "Stopping, 6 in flight", isReady: false) {
            $0.phase = .stopping
            overdue(1_300, since: .minutes(4), of: .minutes(10))(&$0)
        },
        Situation(
            "journald is stalled", .note, allFresh, refreshing, [.journalDropped]
        ) { ($0.journalWaiting, $0.journalDropped) = (10_000, 31) },
        Situation("nobody is stored", .well, "No users yet", "Refreshing, 0 in flight") {
            ($0.census, $0.nextDue, $0.inFlight, $0.tallies) = (Census(), nil, 0, [])
        },
        Situation(
            "no daemon runs", .trouble, "No daemon is running", "No daemon is running; 2,000 users are stored",
            isReady: false, isLive: false, [.daemonDown]
        ) {
            ($0.phase, $0.since, $0.sinceLastTurn, $0.concurrency, $0.inFlight) = (.down, nil, nil, nil, 0)
            overdue(1_300, since: .hours(9))(&$0)
        },
        Situation(
            "no daemon runs and calls are paused", .trouble, "No daemon is running",
            "No daemon is running; 2,000 users",
            isReady: false, isLive: false, [.daemonDown, .paused]
        ) {
            ($0.phase, $0.since, $0.sinceLastTurn, $0.concurrency, $0.inFlight) = (.down, nil, nil, nil, 0)
            $0.pause = FleetPause(until: nil)
        },
        Situation(
            "no daemon runs here, and others do", .note, "All is well: 2,000 of 2,000 users are fresh",
            "No daemon runs on this host; 2 others refresh the users; 2,000 users", isReady: false, isLive: false,
            [.daemonDown]
        ) {
            ($0.phase, $0.since, $0.sinceLastTurn, $0.concurrency, $0.inFlight) = (.down, nil, nil, nil, 0)
            $0.fleet = fleet(["host-b": .seconds(1), "host-c": .seconds(2)], answering: nil)
        },
        Situation(
            "this daemon is out of touch", .trouble, "This daemon is out of touch with the others of its store",
            "Refreshing, this daemon is out of touch with the others of its store, 6 in", isReady: false, [.outOfTouch]
        ) {
            // Nor has it heard of the other for as long.
            $0.fleet = fleet(["host-a": .seconds(1), "host-b": .minutes(4)])
            $0.isOutOfTouch = true
            $0.fleetProblem = "the store postgresql://a@b/c does not answer: no answer in time"
        },
        Situation("several daemons share a store", .well, allFresh, refreshing) {
            $0.fleet = fleet(["host-a": .seconds(1), "host-b": .seconds(2)])
            $0.clockAhead = .milliseconds(-900)
        },
        Situation(
            "another daemon vanished", .attention, "Nothing has been heard from host-b since 12:46 UTC",
            "Refreshing, nothing has been heard from host-b since 12:46 UTC, 6 in", [.memberMissing]
        ) { $0.fleet = fleet(["host-a": .seconds(1), "host-b": .minutes(4)]) },
        Situation(
            "the file of another daemon differs from the fleet's settings", .attention,
            "The configuration of host-b differs from the fleet's settings",
            "Refreshing, the configuration of host-b differs from the fleet's settings, 6 in", [.settingsDiffer]
        ) {
            $0.fleet = fleet(["host-a": .seconds(1), "host-b": .seconds(1)])
            $0.fleet?.members[1].report.differences = [
                SettingDifference(path: "schedule.every", file: "12h", fleet: "24h")
            ]
        },
        Situation(
            "the fleet's settings cannot be taken", .trouble, "This daemon cannot apply the settings of the fleet",
            "Refreshing, this daemon cannot apply the settings of the fleet, 6 in", isReady: false, [.settingsNotTaken]
        ) {
            $0.fleet = fleet(["host-a": .seconds(1), "host-b": .seconds(1)])
            $0.settingsProblem = "schedule.pace: no such key"
        },
        Situation(
            "the fleet's settings are not known yet", .trouble, "This daemon waits for the settings of the fleet",
            "Waiting for the settings of the fleet, 0 in flight", isReady: false, [.settingsAwaited]
        ) {
            ($0.phase, $0.sinceLastTurn, $0.inFlight) = (.starting, nil, 0)
            $0.fleet = fleet(["host-a": .seconds(1), "host-b": .seconds(1)])
            $0.areSettingsAwaited = true
        },
        Situation(
            "the clock is another than the store's", .attention,
            "The clock of this machine is 3 s ahead of the store's",
            "Refreshing, the clock of this machine is 3 s ahead of the store's, 6 in", [.clockApart]
        ) { $0.clockAhead = .seconds(3) },
        Situation(
            "backups fail", .attention, "The store is not backed up", "Refreshing, the store is not backed up, 6 in",
            [.backupMissing]
        ) {
            $0.backup = FleetSnapshot.Backup(
                every: .hours(6), last: ago(.hours(13)), since: ago(.days(9)), failure: "the disk is full")
        },
        Situation("one backup failed", .note, allFresh, refreshing, [.backupMissing]) {
            $0.backup = FleetSnapshot.Backup(
                every: .hours(6), last: ago(.hours(7)), since: ago(.days(9)), failure: "the disk is full")
        },
        Situation(
            "the configuration was refused", .attention, "Reload refused, 2 problems in the file",
            "Refreshing, reload refused, 2 problems in the file, 6 in flight", [.reloadRefused]
        ) { $0.problemsInFile = 2 },
        Situation(
            "many are parked", .attention, "200 users are parked: token refused",
            "Refreshing, 200 users are parked: token refused, 6 in", [.parkedUnauthorized],
            parked(200, .unauthorized)),
        Situation(
            "a few are parked", .note, "All is well: 1,999 of 2,000 users are fresh", refreshing, [.parkedForbidden],
            parked(1, .forbidden)),
        Situation(
            "tokens expire and nothing renews them", .attention, "1,300 tokens expire within a week",
            "Refreshing, 1,300 tokens expire within a week", [.tokensExpiring]
        ) { $0.expiry = FleetSnapshot.Expiry(expired: 12, withinDay: 80, withinWeek: 1_300, withinMonth: 2_000) },
        Situation("tokens of an hour are renewed", .well, allFresh, refreshing) {
            $0.renewals = .closed
            $0.expiry = FleetSnapshot.Expiry(expired: 12, withinDay: 2_000, withinWeek: 2_000, withinMonth: 2_000)
        },
        Situation(
            "tokens expire that cannot be renewed", .attention,
            "2 tokens will expire within 3 d (alert from 1 token)", "Refreshing, 2 tokens will expire",
            [.tokensExpiring]
        ) {
            $0.renewals = .closed
            $0.alerts = [alert(.expiring, 2, of: nil, span: 259_200)]
        },
        Situation(
            "much is wrong at once", .trouble, "Tight is not well: no calls are made until 12:56 UTC",
            "Waiting for the API until 2027-01-15T12:56:00Z",
            [
                .breakerOpen, .parkedUnauthorized, .backupMissing, .reloadRefused, .journalDropped,
            ]
        ) {
            parked(200, .unauthorized)(&$0)
            $0.breaker = .open(opening(outage))
            $0.problemsInFile = 1
            $0.journalDropped = 1
            $0.backup = FleetSnapshot.Backup(every: .hours(6), last: nil, since: ago(.days(9)), failure: nil)
        },
    ]
}
