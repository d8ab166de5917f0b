import GRDB
import RefreshCore

/// A choice as it is stored: a small number that never changes its meaning.
protocol StoreCode: CaseIterable, Equatable {
    var storeCode: Int64 { get }
}

extension StoreCode {
    init(storeCode: Int64?) throws {
        guard let found = Self.allCases.first(where: { $0.storeCode == storeCode }) else {
            throw DamagedStore(
                what: "a row holds the unknown \(Self.self) \(storeCode.map(String.init) ?? "NULL")"
            )
        }
        self = found
    }
}

extension UserState.Kind: StoreCode {
    var storeCode: Int64 {
        switch self {
        // The usual state is zero: the index of unusual ones leaves it out.
        case .scheduled: 0
        case .backingOff: 1
        case .parked: 2
        case .paused: 3
        }
    }
}

extension ParkReason: StoreCode {
    var storeCode: Int64 {
        switch self {
        case .unauthorized: 1
        case .forbidden: 2
        // 3 was for a bank to be linked again, which no version ever wrote.
        case .refused: 4
        }
    }
}

extension OutcomeKind: StoreCode {
    var storeCode: Int64 {
        switch self {
        case .refreshed: 1
        case .rejected: 2
        case .unauthorized: 3
        case .forbidden: 4
        case .throttled: 5
        case .unavailable: 6
        case .unknown: 7
        case .malformed: 8
        case .misconfigured: 9
        case .refused: 10
        }
    }
}

/// Something in the store that no version ever wrote.
struct DamagedStore: Error {
    let what: String
}

extension StoreProblem {
    /// The one place where errors of SQLite and of reading its rows become what the daemon understands.
    init(_ error: any Error, place: String) {
        switch error {
        case let problem as StoreProblem: self = problem
        case let damage as DamagedStore: self = .notAStore(place: place, detail: damage.what)
        case let error as DatabaseError: self.init(error, place: place)
        default: self = .unreachable(place: place, detail: "\(type(of: error))")
        }
    }

    private init(_ error: DatabaseError, place: String) {
        // The message of SQLite alone: GRDB's own text quotes statements.
        let detail = "SQLite error \(error.extendedResultCode.rawValue): \(error.message ?? "no message")"
        self =
            switch error.resultCode {
            case .SQLITE_FULL: .full(place: place)
            // What it makes beside the file, it cannot: it says that it cannot open, or write, something.
            case .SQLITE_IOERR where StoreFile.isDiskFull(at: place): .full(place: place)
            case .SQLITE_CANTOPEN where StoreFile.isDiskFull(at: place): .full(place: place)
            // SQLite does not say which file it is.
            case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_IOERR:
                if let file = StoreFile.forbidden(at: place) {
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
