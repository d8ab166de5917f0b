/// A choice as stores write it: a small number that never changes its meaning, the same in every store.
package protocol StoreCode: CaseIterable, Equatable {
    var storeCode: Int64 { get }
}

extension StoreCode {
    /// The choice of this number; nil where no version ever wrote it.
    package static func stored(as code: Int64?) -> Self? {
        allCases.first { $0.storeCode == code }
    }
}

extension UserState.Kind: StoreCode {
    package var storeCode: Int64 {
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
    package var storeCode: Int64 {
        switch self {
        case .unauthorized: 1
        case .forbidden: 2
        // 3 was for a bank to be linked again, which no version ever wrote.
        case .refused: 4
        }
    }
}

extension OutcomeKind: StoreCode {
    package var storeCode: Int64 {
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
