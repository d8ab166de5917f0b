import RefreshCore

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
        case .rate, .slowStart, .concurrency:
            refused(id, .limits, "too many calls wait already; try again later")
        }
    }
}
