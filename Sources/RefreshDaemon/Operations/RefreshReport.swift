package import RefreshCore

/// The result of a manual refresh of one user.
package struct RefreshReport: Codable, Sendable, Equatable {
    package enum Answer: String, Word {
        /// The daemon made the call; see `outcome`.
        case done
        /// The daemon has not called the user yet. The user is due at `nextDue`, and the schedule calls it as soon as
        /// the limits allow.
        ///
        /// If something stops all calls now, `reason` says what it is, and `until` when it ends by itself.
        case queued
        /// The daemon did not make the call. `reason` says why, and `until` when that ends by itself.
        case refused
        /// No stored user has this id.
        case noSuchUser
    }

    /// Why the daemon did not make the call.
    ///
    /// `floor` is the minimum interval, `budget` the daily budget, `fleetPaused` a pause of all calls.
    package enum Refusal: String, Word {
        // The user and its rules.
        case parked, paused, inFlight, floor, budget, window, changed
        // The whole fleet.
        case breaker, throttled, fleetPaused
        /// This daemon is out of touch with the others of its store.
        case outOfTouch
        /// Too many calls already wait.
        case limits

        /// Whether calls for all other users would be refused too, for a while.
        package var holdsForAll: Bool {
            switch self {
            case .breaker, .throttled, .fleetPaused, .outOfTouch: true
            case .parked, .paused, .inFlight, .floor, .budget, .window, .changed, .limits: false
            }
        }
    }

    package var userID: String
    package var answer: Answer
    /// Only with the answer `refused`.
    package var refusal: Refusal?
    package var outcome: OutcomeKind?
    package var httpStatus: Int?
    package var reason: String?
    /// RFC 3339, UTC.
    package var until: String?
    package var nextDue: String?
    package var durationMicroseconds: Int64?
}

extension RefreshReport {
    static func noSuchUser(_ id: UserID) -> RefreshReport {
        RefreshReport(userID: id.rawValue, answer: .noSuchUser, reason: "there is no such user")
    }

    static func refused(_ id: UserID, _ refusal: Refusal, _ reason: String, until: Timestamp? = nil) -> RefreshReport {
        RefreshReport(
            userID: id.rawValue, answer: .refused, refusal: refusal, reason: reason, until: until?.description)
    }

    /// A refusal because of the user's own rules, in words.
    static func refused(_ user: User, because obstacle: CallObstacle, policy: UserPolicy) -> RefreshReport {
        let mend = FixCommand.forUser(user) ?? "resume it"
        return switch obstacle {
        case .parked(let reason):
            refused(user.id, .parked, "the user is parked: \(reason.rawValue); \(mend) first")
        case .paused(nil): refused(user.id, .paused, "the user is paused; \(mend) first")
        case .paused(let until?): refused(user.id, .paused, "the user is paused", until: until)
        case .floor(let until):
            refused(
                user.id, .floor,
                "the minimum interval of \(policy.minimumInterval.roundedText) between two calls; --force overrides",
                until: until)
        case .budget(let until):
            refused(
                user.id, .budget, "the daily budget of \(policy.attemptsPerDay) calls is used; --force overrides",
                until: until)
        case .window(let opens):
            refused(user.id, .window, "its window is closed; --wait calls it now", until: opens)
        }
    }

    static func refused(_ id: UserID, because obstacle: Admission.Obstacle) -> RefreshReport {
        switch obstacle {
        case .breaker(let until):
            refused(id, .breaker, "the API is failing and the breaker is open", until: until)
        case .paused(let until): refused(id, .fleetPaused, "all calls are paused", until: until)
        case .throttled(let until): refused(id, .throttled, "Tight asks to call less often", until: until)
        case .outOfTouch:
            refused(id, .outOfTouch, "this daemon is not in touch with the others of its store; try again later")
        case .rate, .slowStart, .concurrency:
            refused(id, .limits, "too many calls wait already; try again later")
        }
    }
}
