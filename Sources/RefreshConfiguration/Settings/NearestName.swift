import RefreshCore

/// Finds the name that was probably meant.
enum NearestName {
    /// The most similar of `names`; nil if none is similar enough for a suggestion.
    ///
    /// Case, `_`, `-` and spaces do not count. About one typo in three characters is allowed.
    static func of(_ name: String, among names: [String]) -> String? {
        let wanted = folded(name)
        // A long name is no typo of any key, and the time to compare is the product of both lengths.
        guard !wanted.isEmpty, wanted.count <= 64 else { return nil }
        let near = names.map { (name: $0, distance: editDistance(wanted, folded($0))) }.min {
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
}
