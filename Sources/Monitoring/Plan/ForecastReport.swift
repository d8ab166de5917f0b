import RefreshCore

/// The forecast for programs; names and meanings are stable.
package struct ForecastReport: Codable, Equatable, Sendable {
    package struct Limits: Codable, Equatable, Sendable {
        package let requestsPerSecond: Double
        package let concurrency: Int
        /// What both limits allow, at the assumed latency.
        package let callsPerMinute: Double
        /// Shares of the limits at the peak; 1 is all of a limit.
        package let requestsPerSecondShare: Double
        package let concurrencyShare: Double
    }

    package struct Group: Codable, Equatable, Sendable {
        /// Missing for users without a group that has rules of its own.
        package let group: String?
        package let everySeconds: Double
        package let users: Int
        package let overdue: Int
        package let parked: Int
        package let paused: Int
        /// Calls due within the horizon; users that are overdue are not counted.
        package let calls: Int
        package let peakPerMinute: Double
    }

    package let from: String
    package let users: Int
    package let overdue: Int
    package let parked: Int
    package let paused: Int
    package let calls: Int
    package let callsPerHour: [Int]
    package let meanPerMinute: Double
    package let peakPerMinute: Double
    package let peakAt: String
    package let latencySeconds: Double
    package let meanInFlight: Double
    package let peakInFlight: Double
    /// Missing if never.
    package let clearOverdueSeconds: Double?
    package let outageSeconds: Double
    package let waitingAfterOutage: Int
    /// Missing if never.
    package let catchUpSeconds: Double?
    package let longestWaitSeconds: Double
    package let journalBytesPerDay: Int64
    package let storeBytesPerDay: Int64
    /// Once the histories have reached their bounds.
    package let historyBytes: Int64
    package let limits: Limits
    package let verdict: Verdict.Kind
    package let sentence: String
    package let groups: [Group]

    package init(_ forecast: Forecast) {
        from = forecast.from.description
        users = forecast.users
        overdue = forecast.overdue
        parked = forecast.parked
        paused = forecast.paused
        calls = forecast.calls
        callsPerHour = forecast.callsPerHour
        meanPerMinute = forecast.meanPerMinute
        peakPerMinute = forecast.peakPerMinute
        peakAt = forecast.peak.at.description
        latencySeconds = forecast.assumptions.latency.inSeconds
        meanInFlight = forecast.meanInFlight
        peakInFlight = forecast.peakInFlight
        clearOverdueSeconds = forecast.timeToClearOverdue?.inSeconds
        outageSeconds = forecast.assumptions.outage.inSeconds
        waitingAfterOutage = forecast.catchUp.waiting
        catchUpSeconds = forecast.catchUp.time?.inSeconds
        longestWaitSeconds = forecast.verdict.longestWait.inSeconds
        let growth = forecast.growth
        journalBytesPerDay = growth.journalBytesPerDay
        storeBytesPerDay = growth.storeBytesPerDay
        historyBytes = growth.historyBytes
        limits = Limits(
            requestsPerSecond: forecast.capacity.requestsPerSecond, concurrency: forecast.capacity.concurrency,
            callsPerMinute: forecast.capacity.callsPerSecond * 60,
            requestsPerSecondShare: forecast.verdict.rateShare,
            concurrencyShare: forecast.verdict.concurrencyShare)
        verdict = forecast.verdict.kind
        sentence = forecast.verdict.sentence
        groups = forecast.parts.map { part in
            Group(
                group: part.group?.rawValue, everySeconds: part.every.inSeconds, users: part.users,
                overdue: part.overdue, parked: part.parked, paused: part.paused, calls: part.due.reduce(0, +),
                peakPerMinute: part.peakPerMinute(width: forecast.width))
        }
    }
}
