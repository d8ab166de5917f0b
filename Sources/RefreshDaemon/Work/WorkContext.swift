import RefreshCore

/// What every part of the work is given: the settings in force, the clocks, whom to tell, and how to wake the scheduler.
struct WorkContext: Sendable {
    let settings: LiveSettings
    let time: any Timekeeping
    let events: any EventReporting
    /// The scheduler's: sent when there is something to do before the moment that it sleeps until.
    let wakeSignal: WakeSignal
    /// Nil where nobody measures.
    let latencies: (any LatencyMeasuring)?
}
