import RefreshCore

/// Tracks which of the users that were stored at the beginning were found in a file.
///
/// It keeps a hash and a mark, nine bytes, for each stored user, and nothing for the file's rows: 9 MB for a million
/// users. If two users share a hash (once in ten million stores of a million users), both are kept if one is found.
struct StoredPresence {
    private let seed = UInt64.random(in: .min ... .max)
    private var hashes: [Int64] = []
    private var marks: [Bool] = []

    var count: Int { hashes.count }
    var missing: Int { marks.count { !$0 } }

    mutating func add(_ ids: [UserID]) {
        hashes.append(contentsOf: ids.map(hash))
    }

    /// Ends adding and begins marking.
    mutating func begin() {
        hashes.sort()
        marks = Array(repeating: false, count: hashes.count)
    }

    mutating func mark(_ id: UserID) {
        for index in indices(of: id) { marks[index] = true }
    }

    /// Whether the user was stored at the beginning and was not found.
    func isMissing(_ id: UserID) -> Bool {
        let indices = indices(of: id)
        return !indices.isEmpty && !marks[indices.lowerBound]
    }

    private func hash(of id: UserID) -> Int64 { Place(of: id, seed: seed).rawValue }

    private func indices(of id: UserID) -> Range<Int> {
        let hash = hash(of: id)
        var (low, high) = (0, hashes.count)
        while low < high {
            let middle = (low + high) / 2
            if hashes[middle] < hash { low = middle + 1 } else { high = middle }
        }
        var end = low
        while end < hashes.count, hashes[end] == hash { end += 1 }
        return low..<end
    }
}
