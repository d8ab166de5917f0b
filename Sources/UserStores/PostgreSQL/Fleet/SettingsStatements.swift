import RefreshCore

/// What members write of the settings that they have in common; a claim reads their version under the lock that this takes.
enum SettingsStatements {
    private static let now = LeaseClock.serverNow

    /// By the clock, so that a server that lacks the latest never gives its number to others.
    private static let next = "greatest(coalesce(f.settings_version, 0) + 1, \(now))"

    static let select = Statement("SELECT settings_version, settings FROM bankrefreshd.fleet WHERE one")

    /// Brings the version where it was written.
    static func publish(_ text: String, as version: Int64?, over base: Int64?) -> [Statement] {
        [
            Statement(
                """
                UPDATE bankrefreshd.fleet f SET settings = $1, settings_version = coalesce($2::int8, \(next))
                WHERE f.one AND f.settings_version IS NOT DISTINCT FROM $3::int8 AND \(Promotion.isOver)
                RETURNING f.settings_version
                """, .text(text), .int8(version), .int8(base)),
            ChangeBell.ring,
        ]
    }

    /// For who joins, before its row is written: of two at once the second waits for the lock, and finds the first.
    ///
    /// Brings a row where it was written, with the settings of before.
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

    /// Who was silent for so long before anybody was last heard of works no more.
    private static let longestSilence = Duration.minutes(1)

    /// When any member was last heard of, those that left included.
    private static let lastHeard = """
        greatest((SELECT max(seen_at) FROM bankrefreshd.members),
            (SELECT convert_from(value, 'UTF8')::int8 FROM bankrefreshd.meta
                WHERE key = '\(Meta.Key.lastLeft.rawValue)'))
        """

    /// Whether a row `m` of `members` is one that works with the store, as far as is known.
    ///
    /// After an outage nobody was heard of lately: so silence counts by when the latest of all was heard of.
    static let works = """
        (m.seen_at >= \(now) - \(FleetStatements.memory.wholeMicroseconds)
            AND m.seen_at >= least(\(now), \(lastHeard)) - \(longestSilence.wholeMicroseconds))
        """

    /// Whether nobody else works with the store, for a member $2 of the name $3; a predecessor may live yet.
    private static let isAlone = """
        NOT EXISTS (SELECT FROM bankrefreshd.members m WHERE m.id <> $2::int8 AND \(works)
            AND (m.name <> $3::text OR m.seen_at >= \(now) - \(FleetMember.patience.wholeMicroseconds)))
        """
}
