/// A family of metrics: its name, type and help text.
package struct Metric: Equatable, Sendable {
    package enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    package let name: String
    package let kind: Kind
    package let help: String
    package let labels: [String]

    init(_ name: String, _ kind: Kind, labels: [String] = [], _ help: String) {
        self.name = name
        self.kind = kind
        self.labels = labels
        self.help = help
    }

    /// The names that a query may use.
    package var series: [String] {
        kind == .histogram ? ["_bucket", "_sum", "_count"].map { name + $0 } : [name]
    }
}

extension Metric {
    static let health = Metric(
        "bankrefreshd_health", .gauge, labels: ["level"],
        "1 for the current level of health, as on the page and in `status`.")
    static let findings = Metric(
        "bankrefreshd_finding", .gauge, labels: ["finding"],
        "0 if the finding is absent, 1 for a note, 2 for attention, 3 for trouble.")
    static let attempts = Metric(
        "bankrefreshd_attempts_total", .counter, labels: ["outcome"], "Calls that ended since the start, by outcome.")
    static let lastDay = Metric(
        "bankrefreshd_attempts_last_day", .gauge, labels: ["outcome"],
        "Calls that began in the last 24 hours, by outcome, across restarts; missing until they are counted.")
    static let duration = Metric(
        "bankrefreshd_attempt_duration_seconds", .histogram, "Duration of calls.")
    static let lateness = Metric(
        "bankrefreshd_start_lateness_seconds", .histogram, "How long after their due time scheduled calls started.")
    static let lastSuccess = Metric(
        "bankrefreshd_last_success_timestamp_seconds", .gauge,
        "Time of the last successful call since the start; missing before the first.")
    static let users = Metric("bankrefreshd_users", .gauge, labels: ["state"], "Stored users, by state.")
    static let parked = Metric(
        "bankrefreshd_parked_users", .gauge, labels: ["reason"],
        "Parked users, by reason: a person or a new token must release them.")
    static let overdue = Metric("bankrefreshd_overdue_users", .gauge, "Users that are due and not in flight.")
    static let lag = Metric(
        "bankrefreshd_schedule_lag_seconds", .gauge, "How long the longest-waiting user has been due.")
    static let expiry = Metric(
        "bankrefreshd_token_expiry_users", .gauge, labels: ["within"],
        "Users whose token expires within this time, or has expired (0d).")
    static let renewals = Metric(
        "bankrefreshd_renewals_total", .counter, labels: ["result"],
        "Renewals of tokens: successful, failed and to be retried, or refused by Tight for good.")
    static let renewalsSuspended = Metric(
        "bankrefreshd_renewals_suspended", .gauge, "1 while renewals are suspended because they fail.")
    static let inFlight = Metric("bankrefreshd_in_flight", .gauge, "Calls in flight.")
    static let concurrency = Metric(
        "bankrefreshd_concurrency_limit", .gauge, "Current limit of calls in flight.")
    static let rate = Metric(
        "bankrefreshd_rate_limit", .gauge, "Calls per second that the configuration allows.")
    static let learnedRate = Metric(
        "bankrefreshd_learned_rate", .gauge,
        "Calls per second that Tight accepts, as measured; missing while no limit is known.")
    static let breaker = Metric(
        "bankrefreshd_breaker_state", .gauge, labels: ["state"], "1 for the current state of the breaker.")
    static let openings = Metric("bankrefreshd_breaker_openings_total", .counter, "How often the breaker opened.")
    static let throttled = Metric(
        "bankrefreshd_throttled", .gauge, "1 while all calls wait because Tight asks to call less often.")
    static let paused = Metric("bankrefreshd_paused", .gauge, "1 while all calls are paused by an operator.")
    static let turn = Metric(
        "bankrefreshd_last_turn_age_seconds", .gauge,
        "Time since the scheduler last completed a pass; missing before the first.")
    static let fileProblems = Metric(
        "bankrefreshd_configuration_problems", .gauge,
        "Problems that made the last reload refuse the configuration file; 0 if it succeeded.")
    static let storeLatency = Metric(
        "bankrefreshd_store_transaction_seconds", .histogram, labels: ["operation"],
        "Duration of store transactions that lease users or settle calls.")
    static let storeFailures = Metric(
        "bankrefreshd_store_failures_total", .counter, "How often the store began to fail.")
    static let storeWorking = Metric("bankrefreshd_store_working", .gauge, "0 while the store fails, otherwise 1.")
    static let backupAge = Metric(
        "bankrefreshd_backup_age_seconds", .gauge,
        "Age of the daemon's last good backup; without one, time since backups were first requested.")
    static let backupInterval = Metric(
        "bankrefreshd_backup_interval_seconds", .gauge, "How often the configuration asks for a backup.")
    static let journalLatency = Metric(
        "bankrefreshd_journal_send_seconds", .histogram, "Time to pass an entry to the journal.")
    static let journalWaiting = Metric(
        "bankrefreshd_journal_queue_entries", .gauge, "Entries that wait for the journal.")
    static let journalDropped = Metric(
        "bankrefreshd_journal_dropped_entries_total", .counter, "Entries that the journal did not accept.")
    static let refusedLogins = Metric(
        "bankrefreshd_web_logins_refused_total", .counter, "Logins to the page that were refused.")
    static let members = Metric(
        "bankrefreshd_members", .gauge, "Daemons that share the store and were heard from in the last 6 seconds.")
    static let memberAge = Metric(
        "bankrefreshd_member_heartbeat_age_seconds", .gauge, labels: ["member"],
        "Time since a daemon that shares the store was last heard from.")
    static let build = Metric("bankrefreshd_build_info", .gauge, labels: ["version"], "1, with the version.")
    static let started = Metric(
        "process_start_time_seconds", .gauge, "When the process started, in seconds since 1970.")
    static let processor = Metric(
        "process_cpu_seconds_total", .counter, "Processor time that the process has used.")
    static let memory = Metric("process_resident_memory_bytes", .gauge, "Resident memory of the process.")
    static let files = Metric("process_open_fds", .gauge, "Files and sockets that the process has open.")

    /// All metrics, in the order of the output.
    package static let all = [
        health, findings, attempts, lastDay, duration, lateness, lastSuccess, users, parked, overdue, lag, expiry,
        renewals,
        renewalsSuspended, inFlight, concurrency, rate, learnedRate, breaker, openings, throttled, paused, turn,
        fileProblems,
        storeLatency, storeFailures, storeWorking, backupAge, backupInterval,
        journalLatency, journalWaiting, journalDropped, refusedLogins, members, memberAge, build, started, processor,
        memory, files,
    ]
}
