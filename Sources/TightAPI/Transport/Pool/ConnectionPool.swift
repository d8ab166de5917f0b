import NIOCore
import RefreshCore

/// All connections to the one host, and the calls that wait for one.
///
/// Confined to its event loop. It needs no lock, and the state of a call is certain when it fails, because no other
/// thread can be sending it.
final class ConnectionPool {
    let limits: PoolLimits
    let connector: Connector
    private let eventLoop: any EventLoop

    var waiting = WaitingCalls()
    var attempts: [ConnectionAttempt] = []
    var connections: [ObjectIdentifier: any Connection] = [:]
    /// HTTP/2 connections that take calls, oldest first; each is filled before the next one is used.
    var shared: [HTTP2Connection] = []
    /// HTTP/1.1 connections without a call; the one used last is used next, so that the others can time out.
    var idle: [HTTP1Connection] = []
    /// Nil until the first connection has shown the server's protocol.
    var version: HTTPVersion?
    /// The number of streams that the server last allowed on one HTTP/2 connection.
    var streamsPerConnection = 1
    /// What was learned about how long the server keeps HTTP/1.1 connections.
    var reuse: ReusePolicy
    /// What was learned about how many pings the server tolerates.
    var courtesy: PingCourtesy
    /// Channels that are being opened or are open.
    var channels = 0

    private var suspends: SuspendWatch
    private var unflushed: [any Connection] = []
    private var nextLook: (at: NIODeadline, task: Scheduled<Void>)?
    private(set) var isShutDown = false
    private var shutdowns: [CheckedContinuation<Void, Never>] = []

    /// Makes no connection yet.
    init(
        limits: PoolLimits,
        connector: Connector,
        eventLoop: any EventLoop,
        bootTime: @escaping @Sendable () -> Duration = { BootClock.now }
    ) {
        self.limits = limits
        self.connector = connector
        self.eventLoop = eventLoop
        suspends = SuspendWatch(bootTime)
        version = connector.onlyVersion
        reuse = ReusePolicy(standard: limits.idleTimeoutHTTP1)
        courtesy = PingCourtesy(limits.pingAfter)
    }

    func take(_ submissions: [Submission]) {
        let now = NIODeadline.now()
        for submission in submissions {
            switch submission {
            case .call(let request):
                let call = OpenCall(request, arrivedAt: now, patience: limits.connectTimeout)
                if isShutDown { call.fail(.cancelled) } else { wait(call) }
            case .cancel(let id): cancel(id)
            case .shutdown(let caller): shutDown(caller)
            }
        }
        dispatch(now)
    }

    /// Assigns waiting calls to connections with room, opens others for the rest, and flushes.
    ///
    /// Calls are sent nowhere else, so this is the last check of whether a call is in time. Its first byte is written
    /// before the event loop goes on, unless the process is frozen in between.
    func dispatch(_ now: NIODeadline = .now()) {
        if !waiting.isEmpty, suspends.hasBeenOne() { retireAll() }
        while waiting.hasOneInTime(), let connection = shared.first(where: \.hasRoom) {
            guard let call = waiting.popFirst() else { break }
            connection.send(call, now)
            look(by: call.deadline)
        }
        while waiting.hasOneInTime(), let connection = readyConnection(now) {
            guard let call = waiting.popFirst() else { break }
            connection.send(call, now)
            look(by: call.deadline)
        }
        if !waiting.isEmpty { openConnections(now) }
        flush()
    }

    private func wait(_ call: OpenCall) {
        waiting.append(call)
        look(by: call.patience)
    }

    /// Schedules a flush of the connection for when everything that can be written has been written.
    func wrote(on connection: any Connection) {
        unflushed.append(connection)
    }

    private func flush() {
        while let connection = unflushed.popLast() { connection.flush() }
    }

    /// Removes and returns the most recently used HTTP/1.1 connection that is usable; closes those that are not.
    private func readyConnection(_ now: NIODeadline) -> HTTP1Connection? {
        var spent: [HTTP1Connection] = []
        var ready: HTTP1Connection?
        for index in idle.indices.reversed() where ready == nil {
            switch idle[index].readiness(now) {
            case .resting: continue
            case .ready: ready = idle.remove(at: index)
            case .spent: spent.append(idle.remove(at: index))
            }
        }
        // A close can call back into the pool, whose state must be consistent first.
        for connection in spent { connection.close(.connectionLost) }
        return ready
    }

    private func cancel(_ id: UInt64) {
        if let call = waiting.remove(id) { return call.fail(.cancelled) }
        for connection in connections.values where connection.cancel(id) { return }
    }

    // MARK: Time

    /// Schedules `expire` for that time or earlier; one timer serves all calls and connections.
    func look(by moment: NIODeadline) {
        guard moment < nextLook?.at ?? .distantFuture else { return }
        nextLook?.task.cancel()
        let task = eventLoop.assumeIsolated().scheduleTask(deadline: moment) { self.expire() }
        nextLook = (moment, task)
    }

    private func expire() {
        nextLook = nil
        let now = NIODeadline.now()
        // Attempts first, as they know best why there is no connection.
        let hindrance = attempts.first?.hindrance ?? .notConnected
        for attempt in attempts where attempt.deadline <= now { attempt.giveUp() }
        var next = attempts.map(\.deadline).min() ?? .distantFuture
        next = min(next, waiting.expire(now, cause: hindrance))
        for connection in connections.values { next = min(next, connection.expire(now)) }
        dispatch(now)
        // Times that are close together are handled together.
        if next < .distantFuture { look(by: max(next, now + .milliseconds(2))) }
    }

    // MARK: The end

    private func shutDown(_ caller: CheckedContinuation<Void, Never>) {
        shutdowns.append(caller)
        isShutDown = true
        while let call = waiting.popFirst() { call.fail(.cancelled) }
        for attempt in attempts { attempt.giveUp() }
        for connection in connections.values { connection.close(.cancelled) }
        nextLook?.task.cancel()
        nextLook = nil
        finishShutdown()
    }

    /// A channel has closed or could not be opened.
    func channelEnded() {
        channels -= 1
        finishShutdown()
    }

    private func finishShutdown() {
        guard isShutDown, channels == 0 else { return }
        for caller in exchange(&shutdowns, with: []) { caller.resume() }
    }
}

/// How calls return from connections that did not process them.
extension ConnectionPool {
    /// Gives a call that was certainly not processed to another connection, ahead of all waiting calls.
    ///
    /// A call that was handed over too often, or has waited too long, fails as unprocessed, with this evidence. Source:
    /// RFC 9113 sections 6.8 and 8.7.
    func handOver(_ call: OpenCall, _ evidence: Evidence) {
        guard !isShutDown, call.takeBack(.now()) else { return call.failUnprocessed(evidence) }
        waiting.prepend(call)
        look(by: call.patience)
    }
}
