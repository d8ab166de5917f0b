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
        let mend = MendingCommand.forUser(user).map { "; to mend: \($0)" } ?? ""
        let note = StoreRestoration.parkNote(in: user.record.lastAttempt?.reason).map { "; \($0)" } ?? ""
        self.init(.userParked, user, "is parked: \(reason.text)\(note)\(mend)", at: now)
        append(.error, reason.text)
    }

    init(paused user: User, at now: Timestamp) {
        var text = "is paused"
        if case .paused(let end?) = user.state { text += " until \(end.until)" }
        if let command = MendingCommand.forUser(user) { text += "; to go on sooner: \(command)" }
        self.init(.userPaused, user, text, at: now)
    }
}

extension ParkReason {
    fileprivate var text: String {
        switch self {
        case .unauthorized: "its token is invalid or has expired"
        case .forbidden: "its token lacks permission"
        case .needsRelink: "its bank has to be linked again"
        }
    }
}
