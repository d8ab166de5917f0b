package import RefreshCore

/// Why a store cannot be copied to another, apart from problems of either store alone.
package enum StoreMoveProblem: Error, Equatable, Sendable {
    /// Daemons that work with the store, by name.
    case inUse(place: String, daemons: [String])
    /// Users leased by a vanished daemon, which may be calling them until then; `daemons` names those that vanished.
    case callsUnderWay(place: String, users: Int, until: Timestamp?, daemons: [String] = [])
    /// The target store has users of its own.
    case holdsUsers(place: String)
    /// The target store is an incomplete copy of another store.
    case holdsCopy(place: String, from: String)
    /// The copy differs from its source; `column` is nil if the number of rows differs.
    case differs(place: String, from: String, table: CopiedTable, column: String?)
}

/// The text for people.
extension StoreMoveProblem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .inUse(let place, let daemons):
            "\(daemons.count == 1 ? "a daemon works" : "\(daemons.count) daemons work") with the store \(place): "
                + daemons.joined(separator: ", ")
        case .callsUnderWay(let place, let users, let until, let daemons):
            "a daemon of the store \(place) vanished\(daemons.isEmpty ? "" : " (\(daemons.joined(separator: ", ")))") "
                + "that may be calling \(users == 1 ? "a user" : "\(users) users")"
                + (until.map { " until \($0)" } ?? "")
        case .holdsUsers(let place): "the store \(place) has users of its own, and nothing is copied over them"
        case .holdsCopy(let place, let from):
            "the store \(place) is an incomplete copy of another store, \(from)"
        case .differs(let place, let from, let table, let column):
            "the copy \(place) differs from \(from) in "
                + (column.map { "the column \($0) of the table \(table.rawValue)" }
                    ?? "the number of rows of the table \(table.rawValue)")
        }
    }

    package var remedy: String {
        switch self {
        case .inUse: "stop each of them on its host: systemctl stop bankrefreshd"
        case .callsUnderWay(_, _, nil, _): "try again in a moment"
        case .callsUnderWay(_, _, let until?, let daemons):
            "try again after \(until); or at once, when you have started it and stopped it\(Self.hosts(daemons)), which "
                + "takes up what it was calling: systemctl start bankrefreshd; systemctl stop bankrefreshd"
        case .holdsUsers(let place): "name an empty one, or empty it: \(Self.emptying(place))"
        case .holdsCopy(let place, let from):
            "copy from \(from) to go on with it; or name another store, or empty it: \(Self.emptying(place))"
        case .differs:
            "the copy cannot be used, and the next run starts over; if it differs again, go back to the store that it "
                + "was made from: bankrefreshd store reopen"
        }
    }

    private static func hosts(_ daemons: [String]) -> String {
        daemons.isEmpty ? " on its host" : " on \(daemons.joined(separator: ", "))"
    }

    private static func emptying(_ place: String) -> String {
        let place = StorePlace(place)
        return switch place {
        case .server: place.removal
        case .file(let path): "move \(path), \(path)-wal and \(path)-shm away"
        }
    }
}
