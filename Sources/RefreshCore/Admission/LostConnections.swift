/// Tells whether a connection's end was heard of before: of hundreds of calls that it ended only the first tells more.
struct LostConnections: Sendable {
    /// Far more than end together.
    private static let remembered = 64

    private var latest: [UInt64] = []

    /// Takes note of a call that ended with its connection; false when the connection's end is known.
    mutating func isNews(_ connection: UInt64) -> Bool {
        if latest.contains(connection) { return false }
        latest.append(connection)
        if latest.count > Self.remembered { latest.removeFirst() }
        return true
    }
}
