/// Finds the name that was probably meant.
enum NearestName {
    /// The most similar of `names`; nil if none is similar enough for a suggestion.
    ///
    /// Case, `_`, `-` and spaces do not count. About one typo in three characters is allowed.
    static func of(_ name: String, among names: [String]) -> String? {
        let wanted = folded(name)
        // A long name is no typo of any key, and the time to compare is the product of both lengths.
        guard !wanted.isEmpty, wanted.count <= 64 else { return nil }
        let near = names.map { (name: $0, distance: distance(wanted, folded($0))) }.min {
            $0.distance < $1.distance
        }
        guard let near, near.distance <= max(1, wanted.count / 3), near.distance < wanted.count else {
            return nil
        }
        return near.name
    }

    private static func folded(_ name: String) -> [Character] {
        name.lowercased().filter { $0 != "_" && $0 != "-" && $0 != " " }.map { $0 }
    }

    /// Insertions, deletions, replacements and swaps of neighbours between two words (optimal string alignment).
    private static func distance(_ a: [Character], _ b: [Character]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var row = [i + 1]
            for (j, y) in b.enumerated() {
                var least = min(last[j] + (x == y ? 0 : 1), last[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, x == b[j - 1], a[i - 1] == y { least = min(least, beforeLast[j - 1] + 1) }
                row.append(least)
            }
            (beforeLast, last) = (last, row)
        }
        return last[b.count]
    }
}
