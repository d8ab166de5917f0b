extension Metric {
    static let health = Metric(
        "bankrefreshd_health", .gauge, labels: ["level"],
        "1 for how all is at present, as the page and `status` say it.")
    static let findings = Metric(
        "bankrefreshd_finding", .gauge, labels: ["finding"],
        "0 where there is nothing to say, 1 for a note, 2 for something to look at, 3 for trouble.")
    static let attempts = Metric(
        "bankrefreshd_attempts_total", .counter, labels: ["outcome"], "Calls that ended, by what came of them.")
    static let lastDay = Metric(
        "bankrefreshd_attempts_last_day", .gauge, labels: ["outcome"],
        "Calls that began in the last 24 hours, by what came of them, restarts included; missing until they are counted."
    )
    static let duration = Metric(
        "bankrefreshd_attempt_duration_seconds", .histogram, "How long calls took.")
    static let lateness = Metric(
        "bankrefreshd_start_lateness_seconds", .histogram, "How long after their due moment scheduled calls began.")
    static let lastSuccess = Metric(
        "bankrefreshd_last_success_timestamp_seconds", .gauge,
        "When a call last succeeded; missing until one has, since the start.")
    static let users = Metric("bankrefreshd_users", .gauge, labels: ["state"], "Users that are stored, by state.")
    static let parked = Metric(
        "bankrefreshd_parked_users", .gauge, labels: ["reason"],
        "Users that are not called until a person or a new token releases them.")
    static let overdue = Metric("bankrefreshd_overdue_users", .gauge, "Users that are due and not being called.")
    static let lag = Metric(
        "bankrefreshd_schedule_lag_seconds", .gauge, "For how long the user that waits longest has been due.")
    static let expiry = Metric(
        "bankrefreshd_token_expiry_users", .gauge, labels: ["within"],
        "Users whose token expires within so long, or has expired (0d).")
    static let renewals = Metric(
        "bankrefreshd_renewals_total", .counter, labels: ["result"],
        "Tokens renewed, tries ahead of expiry that time may mend, and tries that Tight refused for good.")
    static let renewalsSuspended = Metric(
        "bankrefreshd_renewals_suspended", .gauge, "1 while nobody's token is renewed because renewals fail.")
    static let inFlight = Metric("bankrefreshd_in_flight", .gauge, "Calls under way.")
    static let concurrency = Metric(
        "bankrefreshd_concurrency_limit", .gauge, "Calls that may be under way at present.")
    static let rate = Metric(
        "bankrefreshd_rate_limit", .gauge, "Calls a second that the configuration allows.")
    static let learnedRate = Metric(
        "bankrefreshd_learned_rate", .gauge,
        "Calls a second that Tight lets through, as far as was learned; missing while no limit is known.")
    static let breaker = Metric(
        "bankrefreshd_breaker_state", .gauge, labels: ["state"], "1 for the state the breaker is in.")
    static let openings = Metric("bankrefreshd_breaker_openings_total", .counter, "How often the breaker opened.")
    static let throttled = Metric("bankrefreshd_throttled", .gauge, "1 while Tight asks all to call less often.")
    static let paused = Metric("bankrefreshd_paused", .gauge, "1 while an operator has paused all calls.")
    static let turn = Metric(
        "bankrefreshd_last_turn_age_seconds", .gauge,
        "Since the scheduler last completed a turn; missing before the first.")
    static let fileProblems = Metric(
        "bankrefreshd_configuration_problems", .gauge,
        "Problems for which the configuration file was refused at the last reload; 0 when it was taken.")
    static let storeLatency = Metric(
        "bankrefreshd_store_transaction_seconds", .histogram, labels: ["operation"],
        "How long transactions of the store took that lease users and settle calls.")
    static let storeFailures = Metric(
        "bankrefreshd_store_failures_total", .counter, "How often the store began to fail.")
    static let storeWorking = Metric("bankrefreshd_store_working", .gauge, "0 while the store fails, else 1.")
    static let backupAge = Metric(
        "bankrefreshd_backup_age_seconds", .gauge,
        "Age of the last good backup that the daemon made; where there is none, since when one is wanted.")
    static let backupInterval = Metric(
        "bankrefreshd_backup_interval_seconds", .gauge, "How often the configuration asks for a backup.")
    static let journalLatency = Metric(
        "bankrefreshd_journal_send_seconds", .histogram, "How long it took to hand an entry to the journal.")
    static let journalWaiting = Metric(
        "bankrefreshd_journal_queue_entries", .gauge, "Entries that wait for the journal.")
    static let journalDropped = Metric(
        "bankrefreshd_journal_dropped_entries_total", .counter, "Entries that the journal did not take.")
    static let build = Metric("bankrefreshd_build_info", .gauge, labels: ["version"], "1, with the version.")
    static let started = Metric(
        "process_start_time_seconds", .gauge, "When the process started, in seconds since 1970.")
    static let processor = Metric(
        "process_cpu_seconds_total", .counter, "Processor time that the process has used.")
    static let memory = Metric("process_resident_memory_bytes", .gauge, "Memory that the process holds.")
    static let files = Metric("process_open_fds", .gauge, "Files and sockets that the process has open.")

    /// In the order of the output.
    package static let all = [
        health, findings, attempts, lastDay, duration, lateness, lastSuccess, users, parked, overdue, lag, expiry,
        renewals,
        renewalsSuspended, inFlight, concurrency, rate, learnedRate, breaker, openings, throttled, paused, turn,
        fileProblems,
        storeLatency, storeFailures, storeWorking, backupAge, backupInterval,
        journalLatency, journalWaiting, journalDropped, build, started, processor, memory, files,
    ]
}
