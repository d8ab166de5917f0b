import Dispatch

/// One connection, on a queue of its own, so that waiting for the server blocks none of Swift's threads.
///
/// It connects when first needed, and reconnects after a loss. Calls are served one at a time.
package actor PostgreSQLConnection {
    private let executor: QueueExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    nonisolated let settings: ConnectionSettings
    private var session: Session?
    /// Rung when the server notifies of a change.
    private let bell: ChangeBell?
    private var watch: SocketWatch?

    /// With a bell, each session listens for notifications.
    init(_ settings: ConnectionSettings, label: String, bell: ChangeBell? = nil) {
        self.settings = settings
        self.bell = bell
        executor = QueueExecutor(label: label)
    }

    /// Lends the session to `body`, which must finish by the deadline, connecting included.
    ///
    /// Nothing that `body` left open survives: an unfinished transaction is rolled back, and a session that is not idle
    /// afterwards is closed. A body runs to its end even if its task is cancelled.
    func perform<Value: Sendable>(
        until deadline: ContinuousClock.Instant, _ body: @Sendable (Session) throws -> Value
    ) throws -> Value {
        let session = try ready(until: deadline)
        session.deadline = deadline
        do {
            let value = try body(session)
            if session.isIdle { hear(session) } else { close() }
            return value
        } catch {
            session.rollBack()
            if session.isIdle, !error.isOfStandby { hear(session) } else { close() }
            throw error
        }
    }

    /// Closes the connection; the next call reconnects.
    package func close() {
        watch = nil
        session?.close()
        session = nil
    }

    private func ready(until deadline: ContinuousClock.Instant) throws(PostgreSQLError) -> Session {
        if let session, session.isUsable { return session }
        close()
        let session = try Session.connected(to: settings, until: deadline)
        self.session = session
        do throws(PostgreSQLError) {
            try listen(session)
        } catch {
            close()
            throw error
        }
        return session
    }

    // MARK: Hearing

    /// Subscribes to changes if possible: a pooler lends the session to others, and what they receive is lost.
    private func listen(_ session: Session) throws(PostgreSQLError) {
        guard let bell else { return }
        let process = try session.run([Statement("SELECT pg_backend_pid()")])[0].first?.integer(0)
        let isHeard = process == Int64(session.processID)
        if isHeard {
            _ = try session.run([Statement("LISTEN \(ChangeBell.channel)")])
            watch = SocketWatch(session.socket, on: executor.queue) { [weak self] in
                self?.assumeIsolated { $0.hearSocket() }
            }
        }
        bell.connected(isHeard: isHeard)
    }

    /// Handles input that answers no query, or the end of the connection.
    private func hearSocket() {
        guard let session else { return }
        if session.takeInput() { hear(session) } else { close() }
    }

    /// Handles notifications that came with an answer, which the watch does not see.
    private func hear(_ session: Session) {
        if let bell, session.takeNotifications() { bell.heard() }
    }
}

/// Runs an actor on a serial queue of its own; on Linux, Dispatch queues are not executors themselves.
private final class QueueExecutor: SerialExecutor {
    let queue: DispatchQueue

    init(label: String) {
        queue = DispatchQueue(label: label)
    }

    /// Code that runs on the queue may not belong to a task.
    func checkIsolated() { dispatchPrecondition(condition: .onQueue(queue)) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
