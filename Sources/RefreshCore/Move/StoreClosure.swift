/// Why a store must not be used: its users are elsewhere, or not all of them are here.
package enum StoreClosure: Equatable, Sendable, Codable {
    /// The users are being copied to another store, and change nowhere until all are there.
    case leaving(to: String, since: Timestamp)
    case left(to: String, at: Timestamp)
    case arriving(from: String, since: Timestamp)
}

/// The note in a store whose users are copied to another.
package struct StoreDeparture: Equatable, Sendable, Codable {
    /// Identifies the copy; the other store notes the same number.
    package let copy: UInt64
    package let to: String
    package let begunAt: Timestamp
    /// When all users were there; nil until then.
    package var leftAt: Timestamp?

    package init(copy: UInt64, to: String, begunAt: Timestamp, leftAt: Timestamp? = nil) {
        self.copy = copy
        self.to = to
        self.begunAt = begunAt
        self.leftAt = leftAt
    }
}

/// The note in a store that another is copied to, until the copy is complete.
package struct StoreArrival: Equatable, Sendable, Codable {
    package let copy: UInt64
    package let from: String
    /// The seed of the other store.
    package let seed: UInt64
    package let begunAt: Timestamp
    package let floors: FloorShift
    /// The last row that is here; nil before the first.
    package var reached: CopyPosition?

    package init(copy: UInt64, from: String, seed: UInt64, begunAt: Timestamp, floors: FloorShift) {
        self.copy = copy
        self.from = from
        self.seed = seed
        self.begunAt = begunAt
        self.floors = floors
    }
}

/// The note in a store that was made by a copy, until a daemon has reported it.
package struct StoreOrigin: Equatable, Sendable, Codable {
    /// The store whose users are here now.
    package let from: String
    /// When all users were here.
    package let at: Timestamp

    package init(from: String, at: Timestamp) {
        self.from = from
        self.at = at
    }
}

/// The last row that was copied: its table and its key.
package struct CopyPosition: Equatable, Sendable, Codable {
    package let table: CopiedTable
    package let key: [Int64]

    package init(table: CopiedTable, key: [Int64]) {
        self.table = table
        self.key = key
    }
}

/// How much longer running minimum intervals are in a copy than in the store that it was made from.
package struct FloorShift: Equatable, Sendable, Codable {
    /// The debts of the original store; the copy has none, so its times are later instead.
    package var debts: [CalendarDebt]
    /// How far the copy's calendar is ahead: by that much, times of the original store would seem longer ago.
    package var ahead: Duration

    package init(debts: [CalendarDebt] = [], ahead: Duration = .zero) {
        self.debts = debts
        self.ahead = ahead
    }

    package var isNone: Bool { debts.isEmpty && ahead == .zero }

    /// A time that an interval counts from, converted for the copy.
    package func moved(_ moment: Timestamp) -> Timestamp {
        moment.advanced(by: ahead + debts.total(since: moment))
    }
}

extension StoreMarks {
    /// Why the store must not be used; nil if it may be.
    package var closure: StoreClosure? {
        if let arrival { return .arriving(from: arrival.from, since: arrival.begunAt) }
        guard let departure else { return nil }
        return departure.leftAt.map { .left(to: departure.to, at: $0) }
            ?? .leaving(to: departure.to, since: departure.begunAt)
    }
}

extension StoreClosure: CustomStringConvertible {
    /// The text that follows the store's place.
    package var description: String {
        switch self {
        case .leaving(let to, let since):
            "is being copied to \(to) (since \(since)) and cannot be used until the copy is complete"
        case .left(let to, let moment): "was moved to \(to) at \(moment): its users are there"
        case .arriving(let from, let since): "is a copy of \(from), begun at \(since), that is not complete"
        }
    }

    package var remedy: String {
        switch self {
        case .leaving:
            "go on with the copy: bankrefreshd store copy --from FILE, the configuration of this store; to give it up and work here again: bankrefreshd store reopen"
        case .left:
            "name that store in the configuration; to move the users back, with nothing lost: bankrefreshd store copy "
                + "--from FILE, the configuration of that store; only if that store is lost: bankrefreshd store reopen"
        case .arriving:
            "go on where it stopped: bankrefreshd store copy --from FILE, the configuration of the store that it is a "
                + "copy of"
        }
    }
}
