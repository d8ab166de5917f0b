/// The store's keys: the first seals, all of them open.
package struct KeyRing: Sendable {
    let sealing: StoreKey
    private let all: [StoreKey]

    /// Keys with one id count as one key.
    package init(sealing: StoreKey, opening others: [StoreKey] = []) {
        self.sealing = sealing
        all = others.reduce(into: [sealing]) { ring, key in
            if !ring.contains(where: { $0.id == key.id }) { ring.append(key) }
        }
    }

    /// The id of the key that seals.
    package var sealingID: KeyID { sealing.id }

    /// The ids of all keys, the sealing one first.
    package var ids: [KeyID] { all.map(\.id) }

    /// A ring has a handful of keys: a scan beats a dictionary.
    func key(_ id: KeyID) -> StoreKey? {
        all.first { $0.id == id }
    }
}
