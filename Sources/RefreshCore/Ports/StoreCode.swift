/// A choice that stores write as a small number, which never changes its meaning and is the same in every store.
package protocol StoreCode: CaseIterable, Equatable {
    var storeCode: Int64 { get }
}

extension StoreCode {
    /// Throws if no version ever wrote this number.
    package init(storeCode: Int64?) throws(DamagedStore) {
        guard let found = Self.allCases.first(where: { $0.storeCode == storeCode }) else {
            throw DamagedStore(
                what: "a row holds the unknown \(Self.self) \(storeCode.map(String.init) ?? "NULL")")
        }
        self = found
    }
}

/// Something in a store that no version ever wrote.
package struct DamagedStore: Error {
    package let what: String

    package init(what: String) {
        self.what = what
    }

    /// The value of a column that is never NULL.
    package static func required<Value>(_ column: Value?, _ name: String) throws(DamagedStore) -> Value {
        guard let column else { throw DamagedStore(what: "a row has no \(name)") }
        return column
    }
}

extension UserState.Kind: StoreCode {
    package var storeCode: Int64 {
        switch self {
        // The usual state is 0: the index of unusual states leaves it out.
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
        // 3 meant a bank that must be linked again; no version ever wrote it.
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
