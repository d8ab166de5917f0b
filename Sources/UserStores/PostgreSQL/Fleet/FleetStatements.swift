import FoundationEssentials
import RefreshCore

/// What a member writes about itself and the fleet.
struct FleetStatements: Sendable {
    let member: Int64
    let name: String
    let version: String

    private static let now = LeaseClock.serverNow
    /// How long the store remembers a member that it does not hear from.
    static let memory = Duration.days(1)
    /// No minimum interval is longer than a year.
    private static let longestDebt = Duration.days(366)

    /// Whether the server accepts this member: after a takeover, only once the member has compared what it has.
    ///
    /// `known` is the parameter with the server of the last beat.
    private func isWelcome(_ known: String) -> String {
        """
        (SELECT \(Promotion.isOver) AND coalesce(\(known)::text = f.server, true)
                OR coalesce(f.promoted = bankrefreshd.server_identity() AND $1::int8 = ANY (f.confirmed), false)
            FROM bankrefreshd.fleet f WHERE f.one)
        """
    }

    /// Returns four results: `FleetRow.state` reads the third, and the debts are the fourth.
    ///
    /// A member whose name belongs to a live member gets no row. Names are unique: of two members that join with the
    /// same name at once, the second fails, and finds the first when it retries.
    func beat(_ report: MemberReport, knowing server: String?) throws -> [Statement] {
        [
            Statement(
                """
                DELETE FROM bankrefreshd.members WHERE id <> $1 AND \(isWelcome("$3"))
                    AND (seen_at < \(Self.now) - \(Self.memory.wholeMicroseconds)
                        OR name = $2 AND seen_at < \(Self.now) - \(FleetMember.patience.wholeMicroseconds))
                """, .int8(member), .text(name), .text(server)),
            Statement(
                """
                INSERT INTO bankrefreshd.members AS m (id, joined_at, seen_at, name, version, report)
                SELECT $1::int8, \(Self.now), \(Self.now), $2::text, $3::text, $4::text::jsonb
                WHERE NOT EXISTS (SELECT FROM bankrefreshd.members WHERE name = $2::text AND id <> $1::int8)
                    AND \(isWelcome("$5"))
                ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, report = excluded.report
                """, .int8(member), .text(name), .text(version),
                .text(String(decoding: try JSONEncoder().encode(report), as: UTF8.self)), .text(server)),
        ] + Self.look
    }

    /// Reads the state of the fleet, for `FleetRow.state`, and its debts.
    static let look = [
        Statement(
            """
            SELECT \(now), f.paused_until, f.pause_reason, f.breaker_until, f.breaker_pause, f.breaker_count,
                f.breaker_cause, CASE WHEN f.prober_until >= \(now) THEN f.prober END,
                NOT \(Promotion.isOver),
                (SELECT convert_from(value, 'UTF8')::int8 > \(Migrations.all.count) FROM bankrefreshd.meta
                    WHERE key = '\(Meta.Key.oldestSchema.rawValue)'),
                f.throttled_at, f.throttled_until, f.throttled_users, f.throttled_asked, f.server, f.settings_version,
                m.id, m.name, m.version, m.joined_at, \(Promotion.seenAt), m.report::text
            FROM bankrefreshd.fleet f LEFT JOIN bankrefreshd.members m ON true WHERE f.one ORDER BY m.name
            """),
        Statement("SELECT moment, amount FROM bankrefreshd.calendar_debts ORDER BY moment, amount"),
    ]

    /// The first statement keeps the row if another server took over and does not know yet what this member does.
    func leave(knowing server: String?) -> [Statement] {
        [
            Statement(
                "DELETE FROM bankrefreshd.members WHERE id = $1 AND \(isWelcome("$2"))", .int8(member), .text(server)),
            Statement("DELETE FROM bankrefreshd.duties WHERE member = $1", .int8(member)),
            Statement(
                "UPDATE bankrefreshd.fleet SET prober = NULL, prober_until = NULL WHERE one AND prober = $1",
                .int8(member)),
            // The member's row is gone, and with it the record that a member was working until this moment.
            Statement(
                """
                INSERT INTO bankrefreshd.meta (key, value) VALUES ($1, convert_to(\(Self.now)::text, 'UTF8'))
                ON CONFLICT (key) DO UPDATE SET value = excluded.value
                """, .text(Meta.Key.lastLeft.rawValue)),
        ]
    }

    /// A member that detects a step whose debt exists moves that debt to its own, later moment.
    ///
    /// Until then, that member stamps by the earlier calendar.
    static func announce(_ debt: CalendarDebt, isAnother: Bool) -> [Statement] {
        let isSame = """
            abs(moment - $1::int8) < \(CalendarDebt.within.wholeMicroseconds)
                AND abs(amount - $2::int8) < \(CalendarDebt.difference.wholeMicroseconds)
            """
        return [
            // Serialize: two members that report the same step at once would not see each other's debt.
            BatchStatements.lockClaims,
            Statement(
                "DELETE FROM bankrefreshd.calendar_debts WHERE moment < \(now) - \(longestDebt.wholeMicroseconds)"),
            Statement(
                """
                UPDATE bankrefreshd.calendar_debts SET moment = $1::int8
                WHERE NOT \(isAnother) AND moment < $1::int8 AND (moment, amount) = (
                    SELECT moment, amount FROM bankrefreshd.calendar_debts WHERE \(isSame)
                    ORDER BY moment DESC, amount LIMIT 1)
                """, .int8(debt.moment), .int8(debt.amount.wholeMicroseconds)),
            Statement(
                """
                INSERT INTO bankrefreshd.calendar_debts (moment, amount) SELECT $1::int8, $2::int8
                WHERE \(isAnother) OR NOT EXISTS (SELECT FROM bankrefreshd.calendar_debts WHERE \(isSame))
                ON CONFLICT DO NOTHING
                """, .int8(debt.moment), .int8(debt.amount.wholeMicroseconds)),
        ]
    }

    /// Writes a row if the duty is this member's.
    func hold(_ duty: FleetDuty, for span: Duration) -> Statement {
        Statement(
            """
            INSERT INTO bankrefreshd.duties AS d (name, member, until_at)
            VALUES ($1, $2, \(Self.now) + \(span.wholeMicroseconds))
            ON CONFLICT (name) DO UPDATE SET member = excluded.member, until_at = excluded.until_at
                WHERE d.member = excluded.member OR d.until_at < \(Self.now)
            """, .text(duty.rawValue), .int8(member))
    }

    // MARK: Throttling and breaker

    static func throttle(_ pause: Throttling.Pause) -> Statement {
        Statement(
            """
            UPDATE bankrefreshd.fleet SET throttled_at = $1, throttled_until = $2, throttled_users = $3,
                throttled_asked = \(pause.wasAsked)
            WHERE one AND (throttled_until IS NULL OR throttled_until < $2 OR throttled_at > \(now))
            """, .int8(pause.at), .int8(pause.until), .int8(pause.users))
    }

    static let forgetThrottling = Statement(
        """
        UPDATE bankrefreshd.fleet SET throttled_at = NULL, throttled_until = NULL, throttled_users = NULL,
            throttled_asked = NULL
        WHERE one
        """)

    func open(_ opening: Breaker.Opening) -> Statement {
        Statement(
            """
            UPDATE bankrefreshd.fleet SET breaker_until = $1, breaker_pause = $2, breaker_count = $3,
                breaker_cause = $4, prober = NULL, prober_until = NULL
            WHERE one AND (breaker_until IS NULL OR breaker_until < $1 OR prober = $5)
            """, .int8(opening.until), .int8(opening.pause.wholeMicroseconds), .int8(opening.count),
            .text(opening.cause.text), .int8(member))
    }

    /// Writes the row unless another member is probing.
    func probe(for span: Duration) -> Statement {
        Statement(
            """
            UPDATE bankrefreshd.fleet SET prober = $1, prober_until = \(Self.now) + $2::int8
            WHERE one AND breaker_until <= \(Self.now) AND (prober IS NULL OR prober = $1 OR prober_until < \(Self.now))
            """, .int8(member), .int8(span.wholeMicroseconds))
    }

    /// Only for the member that probed: another one may have seen the API fail since then.
    var close: Statement {
        Statement(
            """
            UPDATE bankrefreshd.fleet SET breaker_until = NULL, breaker_pause = NULL, breaker_count = NULL,
                breaker_cause = NULL, prober = NULL, prober_until = NULL
            WHERE one AND prober = $1
            """, .int8(member))
    }
}

/// Decodes the row of the fleet joined with one row per member.
enum FleetRow {
    /// Whether the store has a schema that is too new for this version.
    static func isNewer(_ rows: Rows) -> Bool { rows.first?.flag(9) ?? false }

    static func state(
        _ rows: Rows, debts: Rows, of member: Int64, answeredBy server: String
    ) throws -> FleetState {
        let row = try DamagedStore.required(rows.first, "row of the fleet")
        var state = FleetState(
            calendar: try DamagedStore.required(row.moment(0), "moment"),
            members: try rows.compactMap(Self.member), member: member)
        state.pause = row.moment(1).map { FleetPause(until: $0 == .distantFuture ? nil : $0, reason: row.text(2)) }
        state.breaker = try row.moment(3).map { until in
            Breaker.Opening(
                byFleet: row.text(6) ?? "", until: until,
                pause: .microseconds(try row.required(4, "breaker_pause")),
                count: Int(try row.required(5, "breaker_count")))
        }
        state.prober = row.integer(7)
        state.isPromotionOpen = row.flag(8)
        state.answeredBy = server
        state.server = row.text(14) ?? ""
        state.settingsVersion = row.integer(15)
        if let at = row.moment(10), let until = row.moment(11) {
            state.throttling = Throttling.Pause(
                at: at, length: at.duration(to: until), users: Int(row.integer(12) ?? 0), wasAsked: row.flag(13))
        }
        state.debts = try debts.map { row in
            CalendarDebt(
                moment: try DamagedStore.required(row.moment(0), "moment"),
                amount: .microseconds(try row.required(1, "amount")))
        }
        return state
    }

    /// Nil if the row has no member.
    private static func member(_ row: Rows.Row) throws -> FleetMember? {
        guard let id = row.integer(16) else { return nil }
        // Another version may report fields that this one does not know, or fewer.
        let report = row.text(21).flatMap { try? JSONDecoder().decode(MemberReport.self, from: Data($0.utf8)) }
        return FleetMember(
            id: id, name: try DamagedStore.required(row.text(17), "name"),
            version: try DamagedStore.required(row.text(18), "version"),
            joinedAt: try DamagedStore.required(row.moment(19), "joined_at"),
            seenAt: try DamagedStore.required(row.moment(20), "seen_at"), report: report ?? MemberReport())
    }
}
