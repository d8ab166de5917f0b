import RefreshCore

/// By whose clock leases begin and end.
package enum LeaseClock: Sendable {
    /// The server's, the only one that daemons on several machines have in common.
    case server
    /// The caller's, for tests with moments of their own.
    case caller

    /// Its present moment in a statement; `now` is the caller's.
    func sql(_ now: Timestamp) -> String {
        switch self {
        case .server: Self.serverNow
        case .caller: "(\(now.microsecondsSinceEpoch))::int8"
        }
    }

    /// Goes on within a transaction.
    static let serverNow = "bankrefreshd.now_us()"
}

/// Under what conditions a claim brings anybody; each is evaluated once for the whole claim.
///
/// `$2` is the member.
struct ClaimTerms: Sendable {
    /// The present moment by the clock that judges leases.
    let clock: String
    /// Whether the claimer is a member of the fleet.
    let isOfFleet: Bool
    /// By which of the fleet's settings the claimer calls; nil for none.
    let settingsVersion: Int64?

    /// A member whose beat is older takes no leases: a second later others have its share.
    static let longestSilence = Duration.seconds(5)

    /// Who is due later is not due: the claimer's moment (`$6`), which may be one of before the clock was set back.
    ///
    /// Evaluated once, so that an index can be read up to it.
    var latest: String { "(SELECT least($6::int8, \(clock)))" }

    /// For calls by the schedule.
    var calls: String { all("\(isFree) AND f.breaker_until IS NULL AND \(isHeard) AND \(isAgreed)") }

    /// For probes of the API: while the breaker of the fleet is open, one member's alone, once its pause is over.
    var probes: String {
        let isProber = "f.breaker_until <= \(clock) AND f.prober = $2::int8 AND f.prober_until >= \(clock)"
        return all("\(isFree) AND (f.breaker_until IS NULL OR \(isProber)) AND \(isHeard) AND \(isAgreed)")
    }

    /// For renewals of tokens, which neither pause nor breaker concern.
    var renewals: String { all(isHeard) }

    /// For one user, whom an operator names: the caller has its own rules, which are those of all.
    var single: String { all(isAgreed) }

    private func all(_ conditions: String) -> String {
        "(SELECT \(isNotHeld) AND \(Promotion.isOver) AND \(conditions) FROM bankrefreshd.fleet f WHERE f.one)"
    }

    private var isNotHeld: String { "coalesce(f.hold_until <= \(clock), true)" }

    /// Neither an operator nor Tight wants all calls to stop.
    private var isFree: String {
        "coalesce(f.paused_until <= \(clock), true) AND coalesce(f.throttled_until <= \(clock), true)"
    }

    /// The claimer has the fleet's settings of now: two minimum intervals are never in force at once.
    ///
    /// A command is no member, and calls nobody.
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
