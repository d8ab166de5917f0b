import RefreshCore
import Synchronization

/// What follows where another server took the place of the one that the fleet worked with.
///
/// A standby that was promoted may lack what the one before had said is stored: leases under which calls were made. So
/// until the fleet knows, nobody gets any. Each member looks whether all is there that it knows to be stored. If all
/// members find it, nothing is lost, and claims go on. If one does not, or is silent for too long, whoever may have been
/// called is taken for called: leases go in the order of due moments, so these are the first of those that are due now.
/// All batches stand until their end, for their holders may count on settlements that are lost.
enum Promotion {
    /// What the server says to who would change batches meanwhile; a class of our own.
    static let unfinished = "BR001"

    /// In a condition over the row `f` of `fleet`.
    static let isOver = "(f.server = bankrefreshd.server_identity())"

    /// The same as a condition of its own.
    static let isOverNow = "(SELECT \(isOver) FROM bankrefreshd.fleet f WHERE f.one)"

    /// Whose batches those of doubted users are, until somebody takes them over.
    static let nobody = 0

    /// When a row `m` of `members` was heard of: the standby may know of older beats alone, and nobody's share may go to
    /// others for that.
    static let seenAt = """
        CASE WHEN m.id = ANY (f.awaited) THEN greatest(m.seen_at, f.promotion_until - \(patience.wholeMicroseconds))
            ELSE m.seen_at END
        """

    /// Members that live say within a few seconds what they know.
    static let patience = Duration.seconds(15)
    /// Who was silent for longer by the last beat of all has claimed nothing since.
    private static let longestSilence = Duration.minutes(1)
    /// No fewer are doubted, if so many are due: a probe is any of this number.
    private static let fewest = 2_000
    private static let now = LeaseClock.serverNow

    /// What came of it, and which server the fleet works with; nil while that is open.
    struct Answer: Sendable {
        var end: StorePromotion?
        var server: String?
    }

    /// Does what is to be done as `member`, which is nil for who is none, in a transaction of its own.
    static func answer(_ session: Session, as member: Int64?, knowing known: AcknowledgedWrites) throws -> Answer {
        try session.transaction(limits: .patient) {
            let found = try session.run([
                BatchStatements.lockClaims,
                Statement("SELECT \(isOver), bankrefreshd.server_identity() FROM bankrefreshd.fleet f WHERE f.one"),
            ])[1].first
            guard let found, let server = found.text(1) else { return Answer() }
            if found.flag(0) { return Answer(end: try late(member, known, server, session), server: server) }
            _ = try session.run([notice])
            if let member {
                _ = try session.run([confirm(member, isStored: try isStored(known, of: member, session))])
            }
            guard let state = try session.run([state])[0].first else { return Answer() }
            let isLossy = state.flag(0) || !state.flag(1) && state.flag(2)
            guard isLossy || state.flag(1) else { return Answer() }
            let doubted = isLossy ? try doubt(since: state.moment(3), known, session) : 0
            _ = try session.run([grace, end, ChangeBell.ring])
            return Answer(end: StorePromotion(isLossy: isLossy, doubted: doubted), server: server)
        }
    }

    /// The others ended it without this member, which they did not know or waited for in vain.
    private static func late(
        _ member: Int64?, _ known: AcknowledgedWrites, _ server: String, _ session: Session
    ) throws -> StorePromotion? {
        guard let member, let before = known.server, before != server else { return nil }
        if try isStored(known, of: member, session) { return nil }
        return StorePromotion(isLossy: true, doubted: try doubt(since: known.heardAt, known, session))
    }

    private static func isStored(_ known: AcknowledgedWrites, of member: Int64, _ session: Session) throws -> Bool {
        try session.run([known.isStored(of: member)])[0].first?.flag(0) ?? false
    }

    /// One that comes on top of another, of which not all is known, is taken to have lost something.
    private static let notice = Statement(
        """
        UPDATE bankrefreshd.fleet f SET promoted = bankrefreshd.server_identity(), is_lossy = f.promoted IS NOT NULL,
            promotion_until = \(now) + \(patience.wholeMicroseconds), confirmed = '{}',
            awaited = (
                SELECT coalesce(array_agg(m.id), '{}') FROM bankrefreshd.members m
                WHERE m.seen_at > (SELECT max(seen_at) FROM bankrefreshd.members) - \(longestSilence.wholeMicroseconds)),
            doubt_from = least(f.doubt_from, (SELECT max(m.seen_at) FROM bankrefreshd.members m))
        WHERE f.one AND f.promoted IS DISTINCT FROM bankrefreshd.server_identity()
        """)

    /// Once: from then on it beats, and the beats of before are not to be seen any more.
    private static func confirm(_ member: Int64, isStored: Bool) -> Statement {
        Statement(
            """
            UPDATE bankrefreshd.fleet SET confirmed = confirmed || $1::int8, is_lossy = is_lossy OR NOT \(isStored)
            WHERE one AND $1::int8 <> ALL (confirmed)
            """, .int8(member))
    }

    /// Whether something is missing, all said what they know, it takes too long; and until when nothing is missing.
    private static let state = Statement(
        "SELECT is_lossy, awaited <@ confirmed, promotion_until <= \(now), doubt_from FROM bankrefreshd.fleet WHERE one"
    )

    /// They live as far as is known, until they are silent for as long as others.
    private static let grace = Statement(
        """
        UPDATE bankrefreshd.members m SET seen_at = greatest(m.seen_at, \(now)) FROM bankrefreshd.fleet f
        WHERE m.id = ANY (f.awaited)
        """)

    private static let end = Statement(
        """
        UPDATE bankrefreshd.fleet SET server = promoted, promoted = NULL, is_lossy = NULL, promotion_until = NULL,
            awaited = NULL, confirmed = NULL, doubt_from = NULL
        WHERE one
        """)

    // MARK: Doubt

    /// Puts into batches that ended who may have been called under a lease that is not there; returns how many.
    ///
    /// Whoever takes them up takes them for another member's, whose call may come late. Who was called by hand need not be
    /// due: of these the member itself knows its own.
    private static func doubt(since: Timestamp?, _ known: AcknowledgedWrites, _ session: Session) throws -> Int {
        let batches = try session.run([
            // Who was settled may have been called under a later lease that is not there: the row keeps those of its own.
            Statement(
                """
                UPDATE bankrefreshd.batches b SET is_kept = true, is_foreign = true, places = ARRAY(
                    SELECT p FROM unnest(b.places) AS p JOIN bankrefreshd.schedule s ON s.place = p
                    WHERE s.last_batch <> b.id)
                """),
            Statement(
                """
                INSERT INTO bankrefreshd.batches (id, member, purpose, leased_at, until_at, is_foreign, is_kept, places)
                SELECT (random() * 9007199254740992)::int8, \(nobody), 0, coalesce($1::int8, \(now)), \(now), true, true,
                    array_agg(d.place)
                FROM (
                    SELECT place, (row_number() OVER (ORDER BY due, place) - 1) / \(Migrations.mostPlaces) AS part
                    FROM (
                        (SELECT place, due FROM bankrefreshd.schedule
                        WHERE due <= (SELECT greatest(\(now), $2::int8)) AND place NOT IN \(PostgreSQLUserStore.held)
                        ORDER BY due, place LIMIT \(most))
                        UNION SELECT place, due FROM bankrefreshd.schedule
                        WHERE place = ANY ($3::int8[]) AND place NOT IN \(PostgreSQLUserStore.held)) s) d
                GROUP BY d.part RETURNING cardinality(places)::int8
                """, .int8(since), .int8(known.calendar), .int8s(known.claimed.map(Optional.some))),
        ])[1]
        return try batches.map { Int(try DamagedStore.required($0.integer(0), "places")) }.reduce(0, +)
    }

    /// Twice what the fleet may have leased since: what its limits allow, and what was in flight.
    private static let most = """
        greatest(\(fewest), (
            SELECT (2 * coalesce(max(\(number("requestsPerSecond"))), 0) * greatest(0, greatest(\(now), $2::int8) - $1::int8)
                / 1000000
                + coalesce(max(\(number("concurrency"))), 0))::int8
            FROM bankrefreshd.members))
        """

    /// Of what members tell of themselves; other versions may tell it otherwise.
    private static func number(_ name: String) -> String {
        "CASE WHEN jsonb_typeof(report->'\(name)') = 'number' THEN (report->>'\(name)')::float8 END"
    }
}
