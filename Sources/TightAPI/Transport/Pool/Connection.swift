import NIOCore

/// A connection that can take calls; all of it happens on the pool's event loop.
protocol Connection: AnyObject {
    /// Which connection it is; no two of the process are the same.
    var number: UInt64 { get }

    /// Whether it accepts no more calls and closes when its calls are over.
    var isLeaving: Bool { get }

    /// Gives up the call, if it is here.
    func cancel(_ id: UInt64) -> Bool

    /// Fails the calls whose time is up, closes itself if it was idle for too long or leads nowhere, and says when to
    /// look again.
    func expire(_ now: NIODeadline) -> NIODeadline

    /// Flushes pending writes.
    func flush()

    /// Fails its calls and closes.
    func close(_ cause: TransportFailure.Cause)
}
