/// What the operator is alerted to, as configuration, journal and status name it.
package enum AlertKind: String, Word {
    /// Users whose refresh is answered with FAILURE.
    case rejected
    /// Users whose token is not accepted or not enough: 401, 403.
    case refused
    /// Users whose call is answered with another 4xx, so many that none is parked for it.
    case refusedCalls
    /// Users whose call met an API that is down, lost, asks to wait or is not understood.
    case api
    /// Users whose call failed for any reason.
    case failing
    /// Users without a success for several intervals of the schedule.
    case stale
    /// Users whose token expires soon.
    case expiring
    /// The schedule is late although calls are allowed.
    case late

    /// Outcomes that count for a share of failing users; nil where the alert is about something else.
    package var outcomes: Set<OutcomeKind>? {
        switch self {
        case .rejected: [.rejected]
        case .refused: [.unauthorized, .forbidden]
        case .api: [.throttled, .unavailable, .unknown, .malformed]
        case .failing: Set(OutcomeKind.allCases).subtracting([.refreshed])
        case .refusedCalls, .stale, .expiring, .late: nil
        }
    }
}
