import RefreshCore

/// One admitted call for a leased user.
struct AdmittedCall: Sendable {
    let leased: LeasedUser
    let ticket: Admission.Ticket
    var purpose = Purpose.refresh
    let trigger: Attempt.Trigger
    /// How often the stored moments had moved when the user was leased.
    let moves: Int
    /// Until when the call may begin, on the steady clock; nil for any time.
    ///
    /// After that, another daemon may hold the lease.
    let beginBy: Duration?
    /// Whether the operator overrides the minimum interval and the day's budget.
    var isForced = false
    /// Receives the result, for the caller that asked for the refresh.
    let completion: (@Sendable (CallEnd) -> Void)?

    enum Purpose: Sendable {
        case refresh
        /// A new token ahead of expiry; no bank is called.
        case renewal
    }

    /// Whether it is too late for the call to begin.
    func isLate(on time: any Timekeeping) -> Bool { beginBy.map { $0 <= time.uptime } ?? false }
}

/// How an admitted call ended.
enum CallEnd: Sendable {
    case completed(CompletedCall)
    /// The rules forbade the call at the last moment, so none was made.
    case refused(User)
    /// The call could not begin in time: nothing was sent, and the lease goes back.
    case late
}

/// A call that ended and is settled.
struct CompletedCall: Sendable {
    let attempt: Attempt
    let user: User
}
