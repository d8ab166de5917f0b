import RefreshCore

/// Reads and writes the fleet's shared settings; a claim reads their version under the lock that these statements take.
enum SettingsStatements {
    private static let now = LeaseClock.serverNow

    /// The next version, taken from the clock so that a server that lacks the latest never reuses its number.
    private static let next = "greatest(coalesce(f.settings_version, 0) + 1, \(now))"

    static let select = Statement("SELECT settings_version, settings FROM bankrefreshd.fleet WHERE one")

    /// Returns the version if it was written.
    static func publish(_ text: String, as version: Int64?, over base: Int64?) -> Statement {
        Statement(
            """
            UPDATE bankrefreshd.fleet f SET settings = $1, settings_version = coalesce($2::int8, \(next))
            WHERE f.one AND f.settings_version IS NOT DISTINCT FROM $3::int8 AND \(Promotion.isOver)
            RETURNING f.settings_version
            """, .text(text), .int8(version), .int8(base))
    }

    /// Seeds the settings of a joining member, before its row is written.
    ///
    /// Of two that join at once, the second waits for the lock, and finds the first. Returns a row with the previous
    /// settings if it wrote.
    static func seed(_ text: String, by member: Int64, named name: String) -> [Statement] {
        [
            BatchStatements.lockClaims,
            Statement(
                """
                WITH before AS (SELECT settings FROM bankrefreshd.fleet WHERE one)
                UPDATE bankrefreshd.fleet f SET settings = $1, settings_version = \(next) FROM before
                WHERE f.one AND f.settings IS DISTINCT FROM $1::text AND \(Promotion.isOver)
                    AND (f.settings IS NULL OR \(isAlone))
                RETURNING before.settings
                """, .text(text), .int8(member), .text(name)),
        ]
    }

    /// A member that was silent for this long when the latest member was heard counts as gone.
    private static let longestSilence = Duration.minutes(1)

    /// When any member was last heard from, including those that left.
    private static let lastHeard = """
        greatest((SELECT max(seen_at) FROM bankrefreshd.members),
            (SELECT convert_from(value, 'UTF8')::int8 FROM bankrefreshd.meta
                WHERE key = '\(Meta.Key.lastLeft.rawValue)'))
        """

    /// Whether a row `m` of `members` is that of a working member, as far as is known.
    ///
    /// After an outage no member was heard from recently, so silence is measured from when the latest one was heard.
    static let works = """
        (m.seen_at >= \(now) - \(FleetStatements.memory.wholeMicroseconds)
            AND m.seen_at >= least(\(now), \(lastHeard)) - \(longestSilence.wholeMicroseconds))
        """

    /// Whether no other member works with the store, for member $2 with name $3; a predecessor may still be alive.
    private static let isAlone = """
        NOT EXISTS (SELECT FROM bankrefreshd.members m WHERE m.id <> $2::int8 AND \(works)
            AND (m.name <> $3::text OR m.seen_at >= \(now) - \(FleetMember.patience.wholeMicroseconds)))
        """
}
