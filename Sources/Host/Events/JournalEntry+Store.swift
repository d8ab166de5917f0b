import RefreshCore

extension JournalEntry {
    init(
        restored restoration: StoreRestoration, users: Int, atRisk holders: RefreshTokenHolders, areRenewed: Bool,
        at now: Timestamp
    ) {
        var message =
            restoration.isReopening
            ? "The store was opened again at \(restoration.restoredAt), after its users had moved to another at "
                + "\(restoration.takenAt)"
            : "The store was restored at \(restoration.restoredAt) from a backup of \(restoration.takenAt)"
        if restoration.isTakenOver {
            message += "; the times of calls since then were copied from the previous store"
        } else {
            let verb = users == 1 ? "counts" : "count"
            message +=
                "; what happened in between is unknown: \(users.counted("user")) \(verb) as called at "
                + (restoration.isReopening ? "that moment" : "the restore")
            message += " and \(users == 1 ? "waits" : "wait") for the minimum interval;"
            message += " users removed since then are back; to list them: journalctl -t bankrefreshd"
            message += " MESSAGE_ID=\(MessageID.userRemoved.rawValue) --since \"\(restoration.takenAt.forJournalctl)\""
        }
        if holders.count > 0 {
            message += "; the refresh \(holders.count == 1 ? "token" : "tokens") of \(holders.count.counted("user"))"
            message += " may have been used since then"
            message +=
                areRenewed
                ? ": the client credentials are tried first"
                : ", and without client credentials there is no other way to renew"
            message += ", first: " + holders.first.map(\.rawValue).joined(separator: ", ")
        }
        self.init(restoration.isReopening ? .storeReopened : .storeRestored, at: now, message: message)
    }
}

extension Timestamp {
    /// The form that systemd of any version accepts: `2026-11-29 06:00:00 UTC`.
    fileprivate var forJournalctl: String {
        description.replacing("T", with: " ").replacing("Z", with: " UTC")
    }
}
