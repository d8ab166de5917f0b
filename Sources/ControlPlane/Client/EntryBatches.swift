import RefreshCore
import RefreshDaemon

/// Cuts a list of users into pieces that one request may carry, in order.
enum EntryBatches {
    static func split(_ entries: [UserEntry]) -> [ArraySlice<UserEntry>] {
        var batches: [ArraySlice<UserEntry>] = []
        var start = 0
        var bytes = envelope
        for (index, entry) in entries.enumerated() {
            let cost = mostBytes(of: entry)
            if index - start == PutUsersRequest.longest || bytes + cost > ControlLimits.mostBodyBytes {
                batches.append(entries[start..<index])
                (start, bytes) = (index, envelope)
            }
            bytes += cost
        }
        if start < entries.count { batches.append(entries[start...]) }
        return batches
    }

    /// `{"users":[]}`, and the name of an import.
    private static let envelope = 512

    /// What the entry's JSON takes at most: each byte of the id may need an escape; names of fields, marks and a moment
    /// take less than 200 bytes.
    private static func mostBytes(of entry: UserEntry) -> Int {
        2 * entry.id.rawValue.utf8.count + entry.token.secret.count + (entry.refreshToken?.secret.count ?? 0)
            + (entry.group?.rawValue.utf8.count ?? 0)
            + (entry.standing.map(mostBytes) ?? 0)
            + 200
    }

    /// Names, marks, moments and numbers take less than 1,500 bytes; each byte of the reason may need an escape.
    private static func mostBytes(of standing: UserStanding) -> Int {
        1_500 + 6 * (standing.record.lastAttempt?.reason?.utf8.count ?? 0)
    }
}
