/// How many users Tight refuses: a few are a problem of those users, many a problem of Tight.
package struct RefusalCount: Equatable, Sendable {
    /// A parked user counts for this long; a user that is called counts until Tight answers otherwise.
    package static let memory = Duration.days(1)
    /// Fewer than this are never many, however few users there are.
    package static let fewestUsers = 3
    /// The share of all users above which it is many.
    package static let share = 0.01

    package let refused: Int
    package let users: Int

    package init(refused: Int, users: Int) {
        self.refused = refused
        self.users = users
    }

    /// So many that no user is parked for it: a faulty release of Tight must not park all users.
    package var areMany: Bool {
        refused >= Self.fewestUsers && Double(refused) > Self.share * Double(users)
    }

    /// For the alert; its value is 0 unless they are many.
    package var figure: Alert.Figure {
        Alert.Figure(value: areMany ? Double(refused) / Double(max(1, users)) : 0, users: refused, total: users)
    }
}
