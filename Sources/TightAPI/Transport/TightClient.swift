import NIOCore
import NIOPosix
package import RefreshCore
import Synchronization

/// Calls Tight over HTTPS: one request per call, whatever happens.
///
/// Nothing is sent twice. No redirect is followed, no call is retried on a failed connection, and a call ends with its
/// connection unless it was certainly not processed (`Evidence`). Such a call moves to another connection, at most
/// three times. Everything of one client happens on one event loop. One host needs no more, and the state of a request
/// is certain when it fails, because no other thread can be sending it.
package final class TightClient: BankRefreshing {
    private let inbox: Inbox
    /// Runs tasks on the transport's own thread, so that a call and the work after its answer switch no threads.
    package let executor: (any TaskExecutor)?
    private let endpoint: Endpoint
    private let userAgent: String
    private let refresh: RequestHead
    private let timeout: Mutex<TimeAmount>
    private let nextID = Atomic<UInt64>(0)
    /// For renewals; nil if there are none.
    let credentials: ClientCredentials?
    let now: @Sendable () -> Timestamp
    private let heartbeat: Heartbeat?
    private let beats: RepeatedTask?

    /// Makes no connection yet; the heart beats until `shutdown`.
    ///
    /// `now` is the wall clock, for a `Retry-After` in an answer without a `Date`, and for tokens without an issue
    /// time.
    package init(
        settings: TightClientSettings,
        credentials: ClientCredentials? = nil,
        heartbeat: Heartbeat? = nil,
        lookup: @escaping AddressBook.Lookup = SystemLookup.addresses(of:_:),
        now: @escaping @Sendable () -> Timestamp
    ) throws(TightClientProblem) {
        endpoint = settings.endpoint
        if settings.proxy != nil, endpoint.isAddress, endpoint.scheme == .https {
            throw .addressBehindProxy(endpoint)
        }
        userAgent = "bankrefreshd/\(settings.version)"
        refresh = RequestHead(HTTPCall(path: "/v5/banks/refresh"), to: endpoint, userAgent: userAgent)
        timeout = Mutex(TimeAmount(settings.timeout))
        self.credentials = credentials
        self.now = now
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let pool = ConnectionPool(
            limits: PoolLimits(settings),
            connector: try Connector(settings, lookup: lookup, eventLoop: eventLoop),
            eventLoop: eventLoop
        )
        inbox = Inbox(pool, eventLoop: eventLoop)
        executor = LoopExecutor(eventLoop)
        self.heartbeat = heartbeat
        beats = heartbeat?.begin(on: eventLoop)
    }

    /// Changes the timeout of calls that begin from now on.
    package func configure(timeout: Duration) {
        self.timeout.withLock { $0 = TimeAmount(timeout) }
    }

    /// A call that is cancelled before its request is written is `unavailable`: certainly nothing was started.
    package func refresh(_ token: AccessToken, beginBy: Duration?) async throws(CallNotBegun) -> RefreshAnswer {
        let result = await exchange(refresh, bearer: token, body: Secret([]), beginBy: beginBy)
        if case .failed(let failure) = result, failure.isNotBegun { throw CallNotBegun() }
        return OutcomeMapping.answer(to: result, for: token, now: now())
    }

    /// Makes the call once; `failed` says whether the request may have been sent.
    func exchange(_ call: HTTPCall, beginBy: Duration? = nil) async -> TransportResult {
        await exchange(
            RequestHead(call, to: endpoint, userAgent: userAgent),
            bearer: call.bearer,
            body: call.body,
            beginBy: beginBy
        )
    }

    /// Gives up the calls in flight and closes every connection; later calls are `unavailable`.
    ///
    /// Returns when the last connection is closed; one that is being established can take as long as the connect
    /// timeout.
    package func shutdown() async {
        await withCheckedContinuation { inbox.submit(.shutdown($0)) }
        beats?.cancel()
        heartbeat?.end()
    }

    private func exchange(
        _ head: RequestHead, bearer: AccessToken?, body: Secret, beginBy: Duration?
    ) async -> TransportResult {
        guard !Task.isCancelled else {
            return .failed(TransportFailure(cause: .cancelled, evidence: .neverWritten))
        }
        let id = nextID.add(1, ordering: .relaxed).newValue
        let timeout = timeout.withLock { $0 }
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { caller in
                inbox.submit(
                    .call(
                        PreparedCall(
                            id: id, head: head, bearer: bearer, body: body, timeout: timeout, beginBy: beginBy,
                            caller: caller)
                    )
                )
                // The handler below may have run before the call was submitted.
                if Task.isCancelled { inbox.submit(.cancel(id)) }
            }
        } onCancel: {
            inbox.submit(.cancel(id))
        }
    }
}

/// Runs tasks on the transport's own event loop.
final class LoopExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

/// Hands submissions to the event loop in order, many with one wake-up.
final class Inbox: Sendable {
    private struct State {
        var submissions: [Submission] = []
        var isLoopAwake = false
    }

    private let state = Mutex(State())
    private let eventLoop: any EventLoop
    private let pool: NIOLoopBoundBox<ConnectionPool>

    init(_ pool: sending ConnectionPool, eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.pool = .makeBoxSendingValue(pool, eventLoop: eventLoop)
    }

    func submit(_ submission: Submission) {
        let isLoopAwake = state.withLock { state in
            state.submissions.append(submission)
            return exchange(&state.isLoopAwake, with: true)
        }
        if !isLoopAwake { eventLoop.execute { self.deliver() } }
    }

    private func deliver() {
        let submissions = state.withLock { state in
            state.isLoopAwake = false
            return exchange(&state.submissions, with: [])
        }
        pool.value.take(submissions)
    }
}
