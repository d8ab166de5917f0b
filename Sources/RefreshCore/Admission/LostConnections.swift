/// Decides whether the end of a connection says anything new about the server.
///
/// One event may end hundreds of calls: over HTTP/2, one connection carries many calls; over HTTP/1.1, a dying process
/// takes down one connection per call. Calls that began after the first loss count again.
struct LostConnections: Sendable {
    /// Far more connections than end together.
    private static let remembered = 64
    /// How long it takes until all connections that one cause ends are noticed, even on a busy machine.
    private static let moment = Duration.milliseconds(250)

    private var latest: [UInt64] = []
    /// When the current event began, and the number of the latest call at that time.
    private var event: (at: Timestamp, call: Int)?

    /// Records a call that ended with its connection; false if its end belongs to a known event.
    ///
    /// `latestCall` is the number of the call that began last.
    mutating func isNews(_ connection: UInt64, ofCall number: Int, latestCall: Int, now: Timestamp) -> Bool {
        if latest.contains(connection) { return false }
        latest.append(connection)
        if latest.count > Self.remembered { latest.removeFirst() }
        if let event, now >= event.at, event.at.duration(to: now) < Self.moment, number <= event.call { return false }
        event = (now, latestCall)
        return true
    }
}
