import RefreshCore
import RefreshDaemon

extension JournalEntry {
    /// A change of a user's state, which `text` describes.
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
        let mend = FixCommand.forUser(user).map { "; to fix: \($0)" } ?? ""
        let note = StoreRestoration.parkNote(in: user.record.lastAttempt?.reason).map { "; \($0)" } ?? ""
        self.init(.userParked, user, "is parked: \(why)\(note)\(mend)", at: now)
        append(.error, why)
    }

    init(paused user: User, at now: Timestamp) {
        var text = "is paused"
        if case .paused(let end?) = user.state { text += " until \(end.until)" }
        if let command = FixCommand.forUser(user) { text += "; to resume sooner: \(command)" }
        self.init(.userPaused, user, text, at: now)
    }
}

extension PutCounts {
    /// The number of users for each result; zeros are left out except for added users and replaced tokens.
    var text: String {
        var parts = ["\(added.counted("user")) added", "\(withNewToken.counted("token")) replaced"]
        if released > 0 { parts.append("\(released.counted("user")) no longer parked") }
        if unopened > 0 { parts.append("of \(unopened.counted("user")) the stored token could not be opened") }
        if updated > 0 { parts.append("\(updated.counted("user")) with another group or expiry") }
        if unchanged > 0 { parts.append("\(unchanged.counted("user")) unchanged") }
        return parts.joined(separator: ", ")
    }
}

extension ParkReason {
    fileprivate func text(of user: User) -> String {
        switch self {
        case .unauthorized: "its token is invalid or has expired"
        case .forbidden: "its token lacks permission"
        case .refused:
            "Tight refused its calls in \(Refusal.mostTurns) slots in a row"
                + (user.record.refusal.map { ": HTTP \($0.status)" } ?? "")
        }
    }
}
