import RefreshCore
import RefreshDaemon

extension JournalEntry {
    /// A change of a user's state that `text` names.
    init(_ kind: MessageID, _ user: User, _ text: String, at now: Timestamp) {
        let nextDue = user.state.due?.description
        var message = "User \(user.id.rawValue) \(text)"
        if let nextDue { message += "; next call \(nextDue)" }
        self.init(kind, at: now, message: message)
        append(.userID, user.id.rawValue)
        append(.nextDue, nextDue)
        append(.state, user.state.kind.rawValue)
    }

    init(parked user: User, _ reason: ParkReason, at now: Timestamp) {
        let why = reason.text(of: user)
        let mend = MendingCommand.forUser(user).map { "; to mend: \($0)" } ?? ""
        self.init(.userParked, user, "is parked: \(why)\(mend)", at: now)
        append(.error, why)
    }

    init(paused user: User, at now: Timestamp) {
        var text = "is paused"
        if case .paused(let end?) = user.state { text += " until \(end.until)" }
        if let command = MendingCommand.forUser(user) { text += "; to go on sooner: \(command)" }
        self.init(.userPaused, user, text, at: now)
    }
}

extension ParkReason {
    fileprivate func text(of user: User) -> String {
        switch self {
        case .unauthorized: "its token is invalid or has expired"
        case .forbidden: "its token lacks permission"
        case .refused:
            "Tight refused its calls on \(Refusal.mostTurns) turns in a row"
                + (user.record.refusal.map { ": HTTP \($0.status)" } ?? "")
        }
    }
}
