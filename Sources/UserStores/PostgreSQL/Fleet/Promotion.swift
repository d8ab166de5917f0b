import RefreshCore
import Synchronization

/// What happens after another server takes over from the one that the fleet worked with.
///
/// A promoted standby may lack acknowledged writes: leases under which calls were made. Claims stop until the fleet
/// knows. Each member checks that everything it knows to be stored is there. If all members find it, nothing is lost,
/// and claims resume. If a member does not find it, or is silent for too long, all users that may have been called
/// count as called. Leases go in the order of due moments, so these are the first users due at that moment. All batches
/// stand until their end, because their holders may rely on settlements that are lost.
enum Promotion {
    /// The SQLSTATE, of a private class, with which the server rejects changes of batches in the meantime.
    static let unfinished = "BR001"

    /// Whether the promotion is over, as a condition on the row `f` of `fleet`.
    static let isOver = "(f.server = bankrefreshd.server_identity())"

    /// The same as a self-contained condition.
    static let isOverNow = "(SELECT \(isOver) FROM bankrefreshd.fleet f WHERE f.one)"

    /// The member id of the batches of doubted users, until a member takes them over.
    static let nobody = 0

    /// When a row `m` of `members` was last heard from.
    ///
    /// The standby may know only older beats, and no member may lose its share to others for that.
    static let seenAt = """
        CASE WHEN m.id = ANY (f.awaited) THEN greatest(m.seen_at, f.promotion_until - \(patience.wholeMicroseconds))
            ELSE m.seen_at END
        """

    /// Live members confirm within a few seconds.
    static let patience = Duration.seconds(15)
    /// A member that was silent for longer at the time of the fleet's last beat has claimed nothing since.
    private static let longestSilence = Duration.minutes(1)
    /// The least number of users to doubt, if that many are due: a probe may be any of this many.
    private static let fewest = 2_000
    private static let now = LeaseClock.serverNow

    /// Takes part in a promotion as `member`, which is nil for a process that is no member, in its own transaction.
    ///
    /// Returns the result, and the server that the fleet works with; nil while the promotion is in progress.
    static func answer(
        _ session: Session, as member: Int64?, knowing known: AcknowledgedWrites
    ) throws -> (end: StorePromotion?, server: String?) {
        try session.transaction(limits: .patient) {
            let found = try session.run([
                BatchStatements.lockClaims,
                Statement("SELECT \(isOver), bankrefreshd.server_identity() FROM bankrefreshd.fleet f WHERE f.one"),
            ])[1].first
            guard let found, let server = found.text(1) else { return (nil, nil) }
            if found.flag(0) { return (try late(member, known, server, session), server) }
            _ = try session.run([notice])
            if let member {
                _ = try session.run([confirm(member, isStored: try isStored(known, of: member, session))])
            }
            guard let state = try session.run([state])[0].first else { return (nil, nil) }
            let isLossy = state.flag(0) || !state.flag(1) && state.flag(2)
            guard isLossy || state.flag(1) else { return (nil, nil) }
            let doubted = isLossy ? try doubt(since: state.moment(3), known, session) : 0
            _ = try session.run([grace, end, ChangeBell.ring])
            return (StorePromotion(isLossy: isLossy, doubted: doubted), server)
        }
    }

    /// The others ended the promotion without this member, because they did not know it or waited for it in vain.
    private static func late(
        _ member: Int64?, _ known: AcknowledgedWrites, _ server: String, _ session: Session
    ) throws -> StorePromotion? {
        guard let member, let before = known.lastBeat?.server, before != server else { return nil }
        if try isStored(known, of: member, session) { return nil }
        return StorePromotion(isLossy: true, doubted: try doubt(since: known.lastBeat?.heardAt, known, session))
    }

    private static func isStored(_ known: AcknowledgedWrites, of member: Int64, _ session: Session) throws -> Bool {
        try session.run([known.isStored(of: member)])[0].first?.flag(0) ?? false
    }

    /// A promotion that begins before the previous one has ended counts as lossy.
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

    /// Confirms once: from then on the member beats, and its earlier beats are overwritten.
    private static func confirm(_ member: Int64, isStored: Bool) -> Statement {
        Statement(
            """
            UPDATE bankrefreshd.fleet SET confirmed = confirmed || $1::int8, is_lossy = is_lossy OR NOT \(isStored)
            WHERE one AND $1::int8 <> ALL (confirmed)
            """, .int8(member))
    }

    /// Whether something is missing, whether all members confirmed, whether time is up; and from when on to doubt.
    private static let state = Statement(
        "SELECT is_lossy, awaited <@ confirmed, promotion_until <= \(now), doubt_from FROM bankrefreshd.fleet WHERE one"
    )

    /// Members that confirmed, or may still have, count as alive until they have been silent for as long as any other.
    ///
    /// One that did not in its time has leased nothing for longer than that: it lives again with its next beat.
    private static let grace = Statement(
        """
        UPDATE bankrefreshd.members m SET seen_at = greatest(m.seen_at, \(now)) FROM bankrefreshd.fleet f
        WHERE m.id = ANY (f.confirmed) OR m.id = ANY (f.awaited) AND f.promotion_until > \(now)
        """)

    private static let end = Statement(
        """
        UPDATE bankrefreshd.fleet SET server = promoted, promoted = NULL, is_lossy = NULL, promotion_until = NULL,
            awaited = NULL, confirmed = NULL, doubt_from = NULL
        WHERE one
        """)

    // MARK: Doubt

    /// Puts users that may have been called under a missing lease into batches that have ended; returns how many.
    ///
    /// The member that takes them over treats them as another member's users, whose calls may still arrive. Users
    /// called by hand need not be due: of these, each member adds its own.
    private static func doubt(since: Timestamp?, _ known: AcknowledgedWrites, _ session: Session) throws -> Int {
        let batches = try session.run([
            // A settled user may have been called under a later lease that is missing: the row keeps the users it still
            // leases.
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
        return try batches.map { Int(try $0.required(0, "places")) }.reduce(0, +)
    }

    /// Twice what the fleet may have leased since then: what its limits allow, plus what was in flight.
    private static let most = """
        greatest(\(fewest), (
            SELECT (2 * coalesce(max(\(number("requestsPerSecond"))), 0) * greatest(0, greatest(\(now), $2::int8) - $1::int8)
                / 1000000
                + coalesce(max(\(number("concurrency"))), 0))::int8
            FROM bankrefreshd.members))
        """

    /// A number from the members' reports; other versions may report it differently.
    private static func number(_ name: String) -> String {
        "CASE WHEN jsonb_typeof(report->'\(name)') = 'number' THEN (report->>'\(name)')::float8 END"
    }
}
