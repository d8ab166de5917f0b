/// Tells whether the end of a connection says anything new of the server: of hundreds of calls it may be one event.
///
/// Over HTTP/2 one connection carries the calls; over HTTP/1.1 a process that dies takes a connection for each along.
/// What began after the first of them was lost tells anew.
struct LostConnections: Sendable {
    /// Far more than end together.
    private static let remembered = 64
    /// Within it connections end that one cause ends, and the daemon hears of them even on a busy machine.
    private static let moment = Duration.milliseconds(250)

    private var latest: [UInt64] = []
    /// When the present moment began, and the number of the call that was the latest then.
    private var event: (at: Timestamp, call: Int)?

    /// Takes note of a call that ended with its connection; false when its end is part of what is known.
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
