import RefreshCore
import SQLiteStore

/// What a restore did, for people and programs.
struct RestoreReport: Encodable {
    let path: String
    let takenAt: String
    let restoredAt: String
    let users: Int
    /// Where the store before is.
    let kept: String?
    /// Whether it told when users were called since the backup.
    let isTakenOver: Bool
    /// Why it did not.
    var notTakenOver: String?
    var removedSince = 0
    var firstRemoved: [String] = []
    var addedSince = 0
    var firstAdded: [String] = []
    /// Users whose tokens do not open with the keys at hand.
    let unopened: Int
    let firstUnopened: [String]

    init(_ result: StoreRestore.Result, path: String) {
        self.path = path
        takenAt = result.restoration.takenAt.description
        restoredAt = result.restoration.restoredAt.description
        users = result.users
        kept = result.kept
        unopened = result.unopened.count
        firstUnopened = result.unopened.first.map(\.rawValue)
        isTakenOver = result.restoration.isTakenOver
        switch result.earlier {
        case .takenOver(let found):
            removedSince = found.removed
            firstRemoved = found.firstRemoved.map(\.rawValue)
            addedSince = found.added
            firstAdded = found.firstAdded.map(\.rawValue)
        case .useless(let reason): notTakenOver = reason
        case nil: notTakenOver = "there was none"
        }
    }

    func text() -> String {
        var lines = ["restored \(Count.of(users, "user")) from the backup of \(takenAt)"]
        if let kept { lines.append("the previous store is kept: \(kept)") }
        if isTakenOver {
            lines.append("the times of calls since then were copied from it")
        } else {
            lines.append(
                "the times of calls since then are unknown\(notTakenOver.map { " (the previous store: \($0))" } ?? "")")
            lines.append("every user counts as called at \(restoredAt) and waits for the minimum interval")
        }
        if removedSince > 0 {
            lines.append(
                "removed since then, and paused now: \(list(removedSince, firstRemoved)); bankrefreshd users list "
                    + "--state paused")
        }
        if addedSince > 0 {
            lines.append("added since then, and only in the previous store: \(list(addedSince, firstAdded))")
        }
        if unopened > 0 {
            lines.append("tokens that do not open: \(list(unopened, firstUnopened))")
            lines.append("import new ones for these users: bankrefreshd users import FILE")
            lines.append("if their key is lost for good, before the start: bankrefreshd key replace --lost")
        }
        return (lines + ["next: systemctl start bankrefreshd"]).joined(separator: "\n") + "\n"
    }

    private func list(_ count: Int, _ first: [String]) -> String {
        Count.of(count, "user") + ", " + first.joined(separator: ", ") + (count > first.count ? ", …" : "")
    }
}
