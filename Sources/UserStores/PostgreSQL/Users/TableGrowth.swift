/// When to analyze growing tables: after 50,000 users, and each time the number of added users has doubled.
struct TableGrowth {
    private static let least = 50_000

    private var added = 0
    private var seen = 0

    /// Counts additions; returns true if there were enough of them since it last did.
    mutating func isDue(after additions: Int) -> Bool {
        added += additions
        guard added - seen > max(Self.least, seen) else { return false }
        seen = added
        return true
    }
}
