import Dispatch

/// One connection, on a queue of its own, so that waiting for the server keeps none of Swift's threads.
///
/// Connects when it is first needed, and anew when it was lost. What is asked of it is done in turn.
package actor PostgreSQLConnection {
    private let executor: QueueExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    nonisolated let settings: ConnectionSettings
    private var session: Session?
    /// Rung when the server tells of a change.
    private let bell: ChangeBell?
    private var watch: SocketWatch?

    package init(_ settings: ConnectionSettings, label: String) {
        self.init(settings, label: label, bell: nil)
    }

    /// With a bell, each session listens.
    init(_ settings: ConnectionSettings, label: String, bell: ChangeBell?) {
        self.settings = settings
        self.bell = bell
        executor = QueueExecutor(label: label)
    }

    /// Lends the session to `body`, which does all that it does within `patience`, connecting included.
    ///
    /// Nothing that `body` left open lives on: an unfinished transaction is rolled back, and a session that is not idle
    /// afterwards is closed. A body runs to its end even if its task is cancelled.
    func perform<Value: Sendable>(
        within patience: Duration, _ body: @Sendable (Session) throws -> Value
    ) throws -> Value {
        try perform(until: .now + patience, body)
    }

    /// As `perform(within:)`.
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

    /// Closes the connection; the next call makes another.
    package func close() {
        watch?.end()
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

    /// Has the server tell of changes, where it can: a pooler lends the session to others, and what they hear is lost.
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

    /// Something arrived that nobody asked for, or the connection ended.
    private func hearSocket() {
        guard let session else { return }
        if session.takeInput() { hear(session) } else { close() }
    }

    /// What came along with an answer wakes no watch.
    private func hear(_ session: Session) {
        if let bell, session.takeNotifications() { bell.heard() }
    }
}

/// Runs an actor on a serial queue of its own; Dispatch's queues are no executors by themselves on Linux.
private final class QueueExecutor: SerialExecutor {
    let queue: DispatchQueue

    init(label: String) {
        queue = DispatchQueue(label: label)
    }

    /// Whoever runs on the queue may be no task.
    func checkIsolated() { dispatchPrecondition(condition: .onQueue(queue)) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
