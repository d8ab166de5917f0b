package import RefreshCore
import Synchronization

extension PostgreSQLUserStore {
    /// The places in open batches.
    ///
    /// None is NULL, so NOT IN is correct; the server hashes it, unlike NOT EXISTS.
    static let held = "(SELECT unnest(places) FROM bankrefreshd.batches)"

    static let nextDueSQL = """
        SELECT due FROM bankrefreshd.schedule
        WHERE due IS NOT NULL AND due >= $1::int8 AND place NOT IN \(held) ORDER BY due, place LIMIT 1
        """

    static func dueSQL(_ terms: ClaimTerms) -> String {
        """
        SELECT s.place FROM bankrefreshd.schedule s
        WHERE \(terms.calls) AND s.due <= \(terms.latest) AND s.due >= $7::int8 AND s.place NOT IN \(held)
        ORDER BY s.due, s.place LIMIT $8::int8
        """
    }

    package func nextDue() async throws(StoreProblem) -> Timestamp? {
        let scan = batches.withLock { $0.beginScan(rings: bell.rings) }
        let question = Statement(Self.nextDueSQL, .int8(scan.low))
        let (due, isTooSlow) = try await perform(.queue) { session -> (Timestamp?, Bool) in
            do throws(PostgreSQLError) {
                return (try session.read([question], limits: .queue)[0].first?.moment(0), false)
            } catch {
                guard scan.canBeShortened, error.state == .queryCanceled else { throw error }
                session.rollBack()
                return (nil, true)
            }
        }
        if isTooSlow {
            batches.withLock { $0.wasTooSlow(scan) }
            return try await nextDue()
        }
        return batches.withLock { batches in
            let first = [due, batches.firstDue].compactMap(\.self).min()
            batches.end(scan, foundAt: first)
            return first
        }
    }

    package func leaseDue(now: Timestamp, until: Timestamp, limit: Int) async throws(StoreProblem) -> [LeasedUser] {
        try await claims(limit: limit) { [self] limit throws(StoreProblem) in
            let scan = batches.withLock { $0.beginScan(rings: bell.rings) }
            let claim = Claim(terms: claimTerms(now), now: now, until: until)
            let leased: [LeasedUser]
            do throws(StoreProblem) {
                leased = try await run(
                    claim, Statement(Self.dueSQL(claim.terms), .int8(now), .int8(scan.low), .int8(limit))
                ).leased
            } catch {
                // Whatever it was: the next claim begins at the bound.
                if scan.canBeShortened { batches.withLock { $0.wasTooSlow(scan) } }
                throw error
            }
            if let last = leased.last?.user.state.due {
                batches.withLock { $0.end(scan, foundAt: last) }
            }
            return leased
        }
    }

    package func leaseProbes(now: Timestamp, until: Timestamp, limit: Int) async throws(StoreProblem) -> [LeasedUser] {
        try await claims(limit: min(limit, 2_000)) { [self] limit throws(StoreProblem) in
            let low = batches.withLock { $0.beginScan(rings: bell.rings).low }
            let claim = Claim(terms: claimTerms(now), now: now, until: until)
            let places = Statement(
                """
                SELECT place FROM (
                    SELECT s.place, s.due, \(Self.probeRank) AS rank FROM bankrefreshd.schedule s
                    WHERE \(claim.terms.probes) AND s.due <= \(claim.terms.latest) AND s.due >= $7::int8
                        AND s.place NOT IN \(Self.held)
                    ORDER BY s.due, s.place LIMIT 2000) oldest
                ORDER BY rank, due, place LIMIT $8::int8
                """, .int8(now), .int8(low), .int8(limit))
            return try await run(claim, places).leased
        }
    }

    package func lease(
        _ id: UserID, now: Timestamp, until: Timestamp
    ) async throws(StoreProblem) -> Result<LeasedUser, LeaseRefusal> {
        let claim = Claim(terms: claimTerms(now), now: now, until: until)
        if !claim.terms.isOfFleet {
            // There may be no daemon to do this.
            _ = try await answerPromotion(as: nil)
        }
        // While the fleet is on hold, or until it is known what another server lacks, any user may be in a call.
        let holder = Statement(
            """
            SELECT coalesce((SELECT max(until_at) FROM bankrefreshd.batches WHERE u.place = ANY (places)),
                (SELECT hold_until FROM bankrefreshd.fleet WHERE one AND hold_until > \(claim.terms.clock)),
                (SELECT coalesce(f.promotion_until, \(claim.terms.clock)) FROM bankrefreshd.fleet f
                    WHERE f.one AND NOT \(Promotion.isOver))),
                (SELECT \(claim.terms.isAgreed) FROM bankrefreshd.fleet f WHERE f.one)
            FROM bankrefreshd.users u WHERE u.id = $1
            """, .text(id.rawValue))
        let place = Statement(
            """
            SELECT u.place FROM bankrefreshd.users u
            WHERE \(claim.terms.single) AND u.id = $6 AND u.place NOT IN \(Self.held)
            """, .text(id.rawValue))
        let (found, leased) = try await run(claim, place, after: [holder]) { answers in
            answers.first?.first.map { (until: $0.moment(0), isAgreed: $0.flag(1)) }
        }
        guard let (until, isAgreed) = found else { return .failure(.noSuchUser) }
        if let user = leased.first { return .success(user) }
        if until == nil, !isAgreed { return .failure(.otherSettings) }
        // If there is no end, the user was removed between the claim and the reading of its rows.
        return .failure(until.map { .inFlight(until: $0) } ?? .noSuchUser)
    }

    package func release(_ leases: [Lease]) async throws(StoreProblem) {
        let own = batches.withLock { batches in leases.filter(batches.holds) }
        guard !own.isEmpty else { return }
        try await perform(.queue) { [member] session in
            let places = Dictionary(grouping: own, by: \.id).sorted { $0.key < $1.key }
            let shortenings = BatchStatements.shorten(
                places.map { ($0, $1.map(\.place.rawValue)) }, member: member)
            _ = try session.write(
                [BatchStatements.expectServer] + shortenings + [BatchStatements.deleteEmpty(member: member)],
                limits: .queue)
        }
        batches.withLock { batches in
            own.forEach { batches.forget($0) }
            // Their due moments are not known here.
            batches.lower(to: nil)
        }
        try await endComplete()
    }

    /// Deletes the rows of batches whose last lease ended without a settlement.
    func endComplete() async throws(StoreProblem) {
        let complete = batches.withLock { $0.takeComplete() }
        guard !complete.isEmpty else { return }
        try await perform(.queue) { [member] session in
            _ = try session.write([BatchStatements.delete(complete, member: member)], limits: .queue)
        }
    }

    // MARK: Claims

    /// What the leases of one batch have in common.
    struct Claim: Sendable {
        enum Purpose: Int16 {
            case call = 0, renewal = 1
        }

        let id = Int64.random(in: 1 ... .max)
        let terms: ClaimTerms
        let now: Timestamp
        /// By the caller's calendar; only its distance from `now` counts.
        let until: Timestamp
        var purpose = Purpose.call

        var length: Duration { now.duration(to: until) }
    }

    private static let probeRank = {
        let ranks = OutcomeKind.allCases.map { "WHEN \($0.storeCode) THEN \($0.rankForProbe)" }
        return "CASE s.attempt_outcome \(ranks.joined(separator: " ")) ELSE 1 END"
    }()

    /// Claims batches for up to `limit` users, until one returns fewer than it may.
    func claims(
        limit: Int, _ claim: (Int) async throws(StoreProblem) -> [LeasedUser]
    ) async throws(StoreProblem) -> [LeasedUser] {
        var leased: [LeasedUser] = []
        while leased.count < limit {
            let wanted = min(limit - leased.count, Migrations.mostPlaces)
            do throws(StoreProblem) {
                let batch = try await claim(wanted)
                leased += batch
                if batch.count < wanted { break }
            } catch {
                // The users leased so far are called; the next claim reports the problem.
                if leased.isEmpty { throw error }
                break
            }
        }
        return leased
    }

    /// Leases the places that `places` selects, in its order; its own parameters begin with `$6`.
    ///
    /// Sends the lock, the `questions` for `reading`, the claim and the end of its transaction at once, so that no
    /// client delay falls between them. The rows of the users are read afterwards: a server that sends rows to a frozen
    /// client waits for it, and would hold the lock.
    func run<Value: Sendable>(
        _ claim: Claim, _ places: Statement, after questions: [Statement] = [],
        reading: @escaping @Sendable (ArraySlice<Rows>) -> Value = { _ in }
    ) async throws(StoreProblem) -> (Value, leased: [LeasedUser]) {
        let insert = Statement(
            """
            INSERT INTO bankrefreshd.batches (id, member, purpose, leased_at, until_at, lock, places)
            SELECT $1::int8, $2::int8, $3::int2, \(claim.terms.clock), \(claim.terms.clock) + $4::int8, $5::text,
                array_agg(d.place)
            FROM (\(places.sql)) d HAVING count(*) > 0
            """,
            parameters: [
                .int8(claim.id), .int8(member), .int2(claim.purpose.rawValue), .int8(claim.length.wholeMicroseconds),
                .text(lock),
            ] + places.parameters)
        let (settled, doubtful) = batches.withLock { ($0.settled(), $0.takeDoubtful()) }
        let shortenings = BatchStatements.shorten(settled, member: member)
        let cleaning = doubtful.isEmpty ? [] : [BatchStatements.delete(doubtful, member: member)]
        let statements = [BatchStatements.lockClaims] + shortenings + cleaning + questions + [insert]
        do {
            let found = try await perform(.queue) { [member] session in
                let (rows, found) = try session.write(
                    statements, limits: .queue, thenRead: BatchStatements.rows(claim.id, member: member))
                let leased = try found.map { try LeasableUser($0).leased(under: claim.id, until: claim.until) }
                return (reading(rows.dropLast().suffix(questions.count)), leased, rows[0].first?.flag(0))
            }
            batches.withLock { batches in
                if found.2 ?? true { batches.shortened(settled) }
                batches.add(claim.id, found.1.map(\.user.place.rawValue))
            }
            return (found.0, found.1)
        } catch {
            batches.withLock { $0.doubt(claim.id) }
            throw error
        }
    }
}
