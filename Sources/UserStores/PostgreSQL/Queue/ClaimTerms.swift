import RefreshCore

/// The clock by which leases begin and end.
package enum LeaseClock: Sendable {
    /// The server's, the only clock that daemons on several machines share.
    case server
    /// The caller's, for tests that set their own moments.
    case caller

    /// The clock's present moment as SQL; `now` is the caller's.
    func sql(_ now: Timestamp) -> String {
        switch self {
        case .server: Self.serverNow
        case .caller: "(\(now.microsecondsSinceEpoch))::int8"
        }
    }

    /// Advances within a transaction.
    static let serverNow = "bankrefreshd.now_us()"
}

/// The conditions under which a claim returns any user; each is evaluated once per claim.
///
/// `$2` is the member.
struct ClaimTerms: Sendable {
    /// The present moment by the clock that judges leases.
    let clock: String
    /// Whether the claimer is a member of the fleet.
    let isOfFleet: Bool
    /// The version of the fleet's settings that the claimer calls by; nil for none.
    let settingsVersion: Int64?

    /// A member whose last beat is older gets no leases: a second later, others take over its share.
    static let longestSilence = Duration.seconds(5)

    /// Users with a later due moment are not due.
    ///
    /// The bound includes the claimer's moment (`$6`), which may be from before the clock was set back. It is evaluated
    /// once, so that an index can be read up to it.
    var latest: String { "(SELECT least($6::int8, \(clock)))" }

    /// For scheduled calls.
    var calls: String { all("\(isFree) AND f.breaker_until IS NULL AND \(isHeard) AND \(isAgreed)") }

    /// For probes of the API; while the fleet's breaker is open, only for one member, once the breaker's pause is over.
    var probes: String {
        let isProber = "f.breaker_until <= \(clock) AND f.prober = $2::int8 AND f.prober_until >= \(clock)"
        return all("\(isFree) AND (f.breaker_until IS NULL OR \(isProber)) AND \(isHeard) AND \(isAgreed)")
    }

    /// For renewals of tokens, to which neither a pause nor the breaker applies.
    var renewals: String { all(isHeard) }

    /// For one user that an operator names; the caller applies the other rules itself.
    var single: String { all(isAgreed) }

    private func all(_ conditions: String) -> String {
        "(SELECT \(isNotHeld) AND \(Promotion.isOver) AND \(conditions) FROM bankrefreshd.fleet f WHERE f.one)"
    }

    private var isNotHeld: String { "coalesce(f.hold_until <= \(clock), true)" }

    /// Neither an operator's pause nor throttling by Tight is in force.
    private var isFree: String {
        "coalesce(f.paused_until <= \(clock), true) AND coalesce(f.throttled_until <= \(clock), true)"
    }

    /// The claimer has the fleet's current settings, so two minimum intervals are never in force at once.
    ///
    /// A command is not a member, and makes no calls.
    var isAgreed: String {
        guard isOfFleet else { return "true" }
        return "f.settings_version IS NOT DISTINCT FROM \(settingsVersion.map { "(\($0))" } ?? "NULL")::int8"
    }

    private var isHeard: String {
        guard isOfFleet else { return "true" }
        return """
            EXISTS (SELECT FROM bankrefreshd.members m
                WHERE m.id = $2::int8 AND m.seen_at >= \(clock) - \(Self.longestSilence.wholeMicroseconds))
            """
    }
}
