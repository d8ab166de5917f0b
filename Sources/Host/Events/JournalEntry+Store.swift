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
                "; what happened in between is unknown: \(counted(users, "user")) \(verb) as called at "
                + (restoration.isReopening ? "that moment" : "the restore")
            message += " and \(users == 1 ? "waits" : "wait") for the minimum interval;"
            message += " users removed since then are back; to list them: journalctl -t bankrefreshd"
            message += " MESSAGE_ID=\(MessageID.userRemoved.rawValue) --since \"\(restoration.takenAt.forJournalctl)\""
        }
        if holders.count > 0 {
            message += "; the refresh \(holders.count == 1 ? "token" : "tokens") of \(counted(holders.count, "user"))"
            message += " may have been used since then"
            message +=
                areRenewed
                ? ": the client credentials are tried first"
                : ", and without client credentials there is no other way to renew"
            message += ", first: " + holders.first.map(\.rawValue).joined(separator: ", ")
        }
        self.init(restoration.isReopening ? .storeReopened : .storeRestored, at: now, message: message)
    }

    init(storeMade place: String, at now: Timestamp) {
        let way =
            StorePlace(place).isOnServer
            ? "name their database in store.postgresql, or restore it there"
            : "put their store back, or restore it: bankrefreshd store restore FILE"
        self.init(
            .storeMade, at: now,
            message:
                "There was no store at \(place): the new one is empty; if you expect users, stop the daemon and \(way)")
    }

    init(backedUp backup: StoreBackup, at now: Timestamp) {
        self.init(
            .backupMade, at: now,
            message: "Backed up \(counted(backup.mark.users, "user")) in \(backup.took.roundedText): \(backup.path)")
        append(.duration, backup.took.wholeMicroseconds)
    }

    init(backupFailed detail: String, last: Timestamp?, at now: Timestamp) {
        self.init(
            .backupFailed, at: now,
            message: "The store was not backed up: \(detail); "
                + (last.map { "the last good backup dates from \($0)" } ?? "there is no good backup yet")
                + "; it will be retried")
        append(.error, detail.sanitized(limit: 1_000))
    }
}

extension Timestamp {
    /// The form that systemd of any version accepts: `2026-11-29 06:00:00 UTC`.
    fileprivate var forJournalctl: String {
        description.replacing("T", with: " ").replacing("Z", with: " UTC")
    }
}

extension JournalEntry {
    init(keysChanged sealing: String, opening: [String], at now: Timestamp) {
        let others = opening.isEmpty ? "" : "; tokens sealed with \(opening.joined(separator: ", ")) still open"
        self.init(.keysChanged, at: now, message: "New tokens are sealed with key \(sealing)\(others)")
    }

    init(tokensResealed count: Int, key: String, unused: [String], at now: Timestamp) {
        let rest =
            unused.isEmpty
            ? ""
            : "; key \(unused.joined(separator: ", ")) is no longer needed; to remove it: bankrefreshd key prune"
        self.init(
            .tokensResealed, at: now,
            message: "Every token is sealed with key \(key) (\(counted(count, "token")) re-encrypted)\(rest)")
    }

    init(tokensGivenUp count: Int, at now: Timestamp) {
        self.init(
            .tokensGivenUp, at: now,
            message: "\(counted(count, "token")) were given up because their key was lost: their users wait for new "
                + "ones; to fix: bankrefreshd users import FILE")
    }

    init(tokensExported users: Int, by caller: UInt32, at now: Timestamp) {
        self.init(
            .tokensExported, at: now,
            message: "The tokens of \(counted(users, "user")) leave the store in clear text: bankrefreshd tokens "
                + "export, run by uid \(caller)")
    }
}
