import RefreshCore

/// One admitted call for a leased user.
struct Call: Sendable {
    let leased: LeasedUser
    let ticket: Admission.Ticket
    let trigger: Attempt.Trigger
    /// Told what came of it; for whoever asked for the refresh.
    let completion: (@Sendable (CompletedCall) -> Void)?
}

/// A call that ended and is settled.
struct CompletedCall: Sendable {
    let attempt: Attempt
    let user: User
}
