import RefreshCore

/// The path of a call: the gate, the prefetched leases, the stream to the daemon, and the returns for calls not made.
///
/// The daemon makes each call as a child task of its own, so that a stop can wait for it.
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
        // Unbounded, but never longer than the number of calls that admission lets begin.
        (calls, continuation) = AsyncStream.makeStream(of: AdmittedCall.self)
    }

    /// The latest moment at which calls may begin under a claim sent at `moment` or later, on the steady clock.
    ///
    /// Nil for any time.
    func beginBy(claimSentAt moment: Duration) -> Duration? { callWindow.map { moment + $0 } }

    /// Returns false when the daemon takes no more calls.
    func submit(_ call: AdmittedCall) -> Bool {
        if case .enqueued = continuation.yield(call) { true } else { false }
    }

    /// Ends the stream: the daemon takes no more calls.
    func close() {
        continuation.finish()
    }

    /// Submits calls, of `count` begun with the ticket; those the daemon does not take go back to store and gate.
    func submit(_ begun: [AdmittedCall], of count: Int, ticket: Admission.Ticket) {
        let refused = begun.drop { submit($0) }
        returns.add(refused.map(\.leased.lease))
        gate.cancel(ticket, count: count - begun.count + refused.count)
    }
}

/// What every part of the work shares: the settings in force, clocks, event sink and the scheduler's wake signal.
struct WorkContext: Sendable {
    let settings: LiveSettings
    let time: any Timekeeping
    let events: any EventReporting
    /// The scheduler's signal, sent when there is something to do before the moment it sleeps until.
    let wakeSignal: WakeSignal
    let rewriting: RewriteWish
    /// How soon after its claim a call has to begin; nil where the daemon does not share its store.
    let callWindow: Duration?
    /// Nil where latencies are not measured.
    let latencies: (any LatencyMeasuring)?
}
