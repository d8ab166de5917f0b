import RefreshCore

/// The way of a call: the gate that begins it, the leases that wait for their turn, the stream to the daemon that makes it
/// as a child of its own, so that a stop can wait for it, and the way back for what is not made.
struct CallFlow: Sendable {
    let gate: AdmissionGate
    let prefetched: PrefetchedLeases
    let returns: LeaseReturns
    let calls: AsyncStream<AdmittedCall>
    private let continuation: AsyncStream<AdmittedCall>.Continuation
    private let callWindow: Duration?

    init(gate: AdmissionGate, context: WorkContext) {
        self.gate = gate
        prefetched = PrefetchedLeases(gate: gate, wakeSignal: context.wakeSignal, time: context.time)
        returns = LeaseReturns(wakeSignal: context.wakeSignal)
        callWindow = context.callWindow
        // Unbounded, but never longer than the calls that admission lets begin.
        (calls, continuation) = AsyncStream.makeStream(of: AdmittedCall.self)
    }

    /// Until when the calls may begin of a claim that was sent at that moment or later, on the steady clock.
    ///
    /// Nil for any time.
    func beginBy(claimSentAt moment: Duration) -> Duration? { callWindow.map { moment + $0 } }

    /// False when the daemon takes no more calls.
    func submit(_ call: AdmittedCall) -> Bool {
        if case .enqueued = continuation.yield(call) { true } else { false }
    }

    /// The daemon takes no more calls.
    func close() {
        continuation.finish()
    }

    /// Hands calls on, of `count` begun with the ticket; what the daemon takes no more goes back to store and gate.
    func submit(_ begun: [AdmittedCall], of count: Int, ticket: Admission.Ticket) {
        let refused = begun.drop { submit($0) }
        returns.add(refused.map(\.leased.lease))
        gate.cancel(ticket, count: count - begun.count + refused.count)
    }
}

/// What every part of the work is given: the settings in force, the clocks, whom to tell, and how to wake the scheduler.
struct WorkContext: Sendable {
    let settings: LiveSettings
    let time: any Timekeeping
    let events: any EventReporting
    /// The scheduler's: sent when there is something to do before the moment that it sleeps until.
    let wakeSignal: WakeSignal
    let rewriting: RewriteWish
    /// Within what time of its claim a call has to begin; nil where the store is this daemon's own.
    let callWindow: Duration?
    /// Nil where nobody measures.
    let latencies: (any LatencyMeasuring)?
}
