import GRDB
import RefreshCore

extension StoreProblem {
    /// The only place that turns errors of SQLite, and of decoding its rows, into a `StoreProblem`.
    init(_ error: any Error, place: String) {
        switch error {
        case let problem as StoreProblem: self = problem
        case let damage as DamagedStore: self = .notAStore(place: place, detail: damage.what)
        case let error as DatabaseError: self.init(error, place: place)
        default: self = .unreachable(place: place, detail: "\(type(of: error))")
        }
    }

    private init(_ error: DatabaseError, place: String) {
        // Only SQLite's own message: GRDB's text quotes statements.
        let detail = "SQLite error \(error.extendedResultCode.rawValue): \(error.message ?? "no message")"
        self =
            switch error.resultCode {
            case .SQLITE_FULL: .full(place: place)
            // If SQLite cannot create a file beside the store, it reports that it cannot open, or write, something.
            case .SQLITE_IOERR where StoreFile.isDiskFull(at: place): .full(place: place)
            case .SQLITE_CANTOPEN where StoreFile.isDiskFull(at: place): .full(place: place)
            // SQLite does not say which file it is.
            case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_IOERR:
                if StoreFile.isReadOnly(at: place) {
                    .mountedReadOnly(place: place)
                } else if let file = StoreFile.forbidden(at: place) {
                    .notAllowed(place: place, detail: file)
                } else if [.SQLITE_READONLY, .SQLITE_PERM].contains(error.resultCode) {
                    .notAllowed(place: place, detail: detail)
                } else {
                    .unreachable(place: place, detail: detail)
                }
            case .SQLITE_BUSY, .SQLITE_LOCKED: .heldByAnother(place: place, process: nil)
            case .SQLITE_NOTADB, .SQLITE_CORRUPT: .notAStore(place: place, detail: detail)
            case .SQLITE_AUTH: .notAllowed(place: place, detail: detail)
            default: .unreachable(place: place, detail: detail)
            }
    }
}
