import RefreshCore

/// What the server acknowledged to this opening as stored; shows whether a server that took over lacks anything.
///
/// A standby replays writes in order: if it has the latest, it has all earlier ones. The last beat covers everything
/// that was written before it.
struct AcknowledgedWrites {
    enum Write: Equatable {
        case claim(Int64, places: [Int64])
        case settlement(batch: Int64, place: Int64)
    }

    struct Beat {
        fileprivate let sent: ContinuousClock.Instant
        /// When the store heard it, by the store's calendar.
        let heardAt: Timestamp
        /// The server that has all of this.
        fileprivate(set) var server: String
    }

    private(set) var lastBeat: Beat?
    /// The writes since the last beat was sent, in order; the latest ones suffice.
    private var writes: [Write] = []
    /// A position in the writes, to be taken before a beat is sent.
    private(set) var mark = 0

    private static let most = 64

    mutating func add(_ write: Write) {
        mark += 1
        if writes.count == Self.most { writes.removeFirst() }
        writes.append(write)
    }

    /// Forgets a claim that left no trace in the store; the users called under it have been settled.
    mutating func forget(claim id: Int64) {
        writes.removeAll { write in if case .claim(id, _) = write { true } else { false } }
    }

    mutating func beat(sent: ContinuousClock.Instant, mark: Int, heardAt: Timestamp, server: String) {
        lastBeat = Beat(sent: sent, heardAt: heardAt, server: server)
        writes = writes.suffix(max(0, self.mark - mark))
    }

    /// Notes that all of this was compared with what that server has.
    mutating func compared(with server: String) {
        lastBeat?.server = server
        writes = []
    }

    /// The users leased since the last beat.
    var claimed: [Int64] {
        writes.flatMap { write -> [Int64] in if case .claim(_, let places) = write { places } else { [] } }
    }

    /// The present moment by the calendar of the last beat; nil before the first.
    var calendar: Timestamp? {
        lastBeat.map { $0.heardAt.advanced(by: ContinuousClock.now - $0.sent) }
    }

    /// Returns one row that says whether all of this is stored.
    func isStored(of member: Int64) -> Statement {
        var (claim, batch, place): (Int64?, Int64?, Int64?)
        switch writes.last {
        case .claim(let id, _): claim = id
        case .settlement(let id, let user): (batch, place) = (id, user)
        case nil: break
        }
        return Statement(
            """
            SELECT ($2::int8 IS NULL
                    OR EXISTS (SELECT FROM bankrefreshd.members WHERE id = $1::int8 AND seen_at >= $2::int8))
                AND ($3::int8 IS NULL OR EXISTS (SELECT FROM bankrefreshd.batches WHERE id = $3::int8))
                AND ($4::int8 IS NULL
                    OR EXISTS (SELECT FROM bankrefreshd.schedule WHERE place = $5::int8 AND last_batch = $4::int8))
            """, .int8(member), .int8(lastBeat?.heardAt), .int8(claim), .int8(batch),
            .int8(place))
    }
}
