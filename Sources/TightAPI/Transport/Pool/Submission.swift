/// The requests of callers to the event loop.
enum Submission: Sendable {
    case call(PreparedCall)
    /// The caller of this call wants its answer no more.
    case cancel(UInt64)
    /// End everything; resumed when the last connection is closed.
    case shutdown(CheckedContinuation<Void, Never>)
}
