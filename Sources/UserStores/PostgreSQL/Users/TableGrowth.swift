/// When tables that grew are to be looked at anew: after 50,000 users, and each time they doubled what was added by then.
struct TableGrowth {
    private static let least = 50_000

    private var added = 0
    private var seen = 0

    /// Counts additions; true once there were enough of them since it was last true.
    mutating func isDue(after additions: Int) -> Bool {
        added += additions
        guard added - seen > max(Self.least, seen) else { return false }
        seen = added
        return true
    }
}
