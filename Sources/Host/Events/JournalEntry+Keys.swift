import RefreshCore

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
            message: "Every token is sealed with key \(key), \(counted(count, "token")) of them anew\(rest)")
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
