import Dispatch

/// One connection, on a queue of its own, so that waiting for the server keeps none of Swift's threads.
///
/// Connects when it is first needed, and anew when it was lost. What is asked of it is done in turn.
package actor PostgreSQLConnection {
    private let executor: QueueExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    nonisolated let settings: ConnectionSettings
    private var session: Session?

    package init(_ settings: ConnectionSettings, label: String) {
        self.settings = settings
        executor = QueueExecutor(label: label)
    }

    /// Lends the session to `body`, which does all that it does within `patience`, connecting included.
    ///
    /// Nothing that `body` left open lives on: an unfinished transaction is rolled back, and a session that is not idle
    /// afterwards is closed. A body runs to its end even if its task is cancelled.
    func perform<Value: Sendable>(
        within patience: Duration, _ body: @Sendable (Session) throws -> Value
    ) throws -> Value {
        let deadline = ContinuousClock.now + patience
        let session = try ready(until: deadline)
        session.deadline = deadline
        do {
            let value = try body(session)
            if !session.isIdle { drop(session) }
            return value
        } catch {
            session.rollBack()
            if !session.isIdle { drop(session) }
            throw error
        }
    }

    /// Closes the connection; the next call makes another.
    package func close() {
        session?.close()
        session = nil
    }

    private func drop(_ session: Session) {
        session.close()
        self.session = nil
    }

    private func ready(until deadline: ContinuousClock.Instant) throws(PostgreSQLError) -> Session {
        if let session, session.isUsable { return session }
        session?.close()
        session = nil
        let session = try Session.connected(to: settings, until: deadline)
        self.session = session
        return session
    }
}

/// Runs an actor on a serial queue of its own; Dispatch's queues are no executors by themselves on Linux.
private final class QueueExecutor: SerialExecutor {
    private let queue: DispatchQueue

    init(label: String) {
        queue = DispatchQueue(label: label)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
