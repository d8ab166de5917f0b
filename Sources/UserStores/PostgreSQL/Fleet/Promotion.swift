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
    /// In a condition over the row `f` of `fleet`.
    static let isOver = "(f.server = bankrefreshd.server_identity())"

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

    /// Does what is to be done as `member`, which is nil for who is none, in a transaction of its own; returns what the
    /// end was if this was it.
    static func answer(
        _ session: Session, as member: Int64?, knowing known: AcknowledgedWrites
    ) throws -> StorePromotion? {
        try session.transaction(limits: .patient) {
            let found = try session.run([
                BatchStatements.lockClaims,
                Statement("SELECT \(isOver) FROM bankrefreshd.fleet f WHERE f.one"),
            ])[1].first
            if found?.flag(0) ?? true { return nil }
            _ = try session.run([notice])
            if let member {
                let isStored = try session.run([known.isStored(of: member)])[0].first?.flag(0) ?? false
                _ = try session.run([confirm(member, isStored: isStored)])
            }
            guard let state = try session.run([state])[0].first else { return nil }
            let isLossy = state.flag(0) || !state.flag(1) && state.flag(2)
            guard isLossy || state.flag(1) else { return nil }
            let doubted = isLossy ? try doubt(since: state.moment(3), calendar: known.calendar, session) : 0
            _ = try session.run([grace, end, ChangeBell.ring])
            return StorePromotion(isLossy: isLossy, doubted: doubted)
        }
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
    /// Whoever takes them up takes them for another member's, whose call may come late.
    private static func doubt(since: Timestamp?, calendar: Timestamp?, _ session: Session) throws -> Int {
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
                SELECT (random() * 9007199254740992)::int8, 0, 0, coalesce($1::int8, \(now)), \(now), true, true,
                    array_agg(s.place)
                FROM (
                    SELECT place, (row_number() OVER (ORDER BY due, place) - 1) / \(Migrations.mostPlaces) AS part
                    FROM bankrefreshd.schedule
                    WHERE due <= greatest(\(now), $2::int8) AND place NOT IN \(PostgreSQLUserStore.held)
                    ORDER BY due, place LIMIT \(most)) s
                GROUP BY s.part RETURNING cardinality(places)::int8
                """, .int8(since), .int8(calendar)),
        ])[1]
        return try batches.map { Int(try DamagedStore.required($0.integer(0), "places")) }.reduce(0, +)
    }

    /// Twice what the fleet may have leased since: what its limits allow, and what was in flight.
    private static let most = """
        greatest(\(fewest), (
            SELECT (2 * coalesce(max(\(number("requestsPerSecond"))), 0) * greatest(0, \(now) - $1::int8) / 1000000
                + coalesce(max(\(number("concurrency"))), 0))::int8
            FROM bankrefreshd.members))
        """

    /// Of what members tell of themselves; other versions may tell it otherwise.
    private static func number(_ name: String) -> String {
        "CASE WHEN jsonb_typeof(report->'\(name)') = 'number' THEN (report->>'\(name)')::float8 END"
    }
}

extension PostgreSQLUserStore {
    /// Does what is to be done where another server answers than the fleet worked with; nil if nothing was, or the end of
    /// it is still open.
    func answerPromotion(as member: Int64?) async throws(StoreProblem) -> StorePromotion? {
        let known = batches.withLock(\.acknowledged)
        return try await perform(.patient) { session in
            try Promotion.answer(session, as: member, knowing: known)
        }
    }
}
