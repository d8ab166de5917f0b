/// How many users Tight refuses at present: few are those users' own trouble, many are Tight's.
package struct RefusalCount: Equatable, Sendable {
    /// A user that was parked counts for so long; those who are called count until Tight answers otherwise.
    package static let memory = Duration.days(1)
    /// Fewer than this are never many, however small the fleet.
    package static let fewestUsers = 3
    /// The share of all users above which it is many.
    package static let share = 0.01

    package let refused: Int
    package let users: Int

    package init(refused: Int, users: Int) {
        self.refused = refused
        self.users = users
    }

    /// So many that nobody is parked for it: a faulty release of Tight's must not park a fleet.
    package var areMany: Bool {
        refused >= Self.fewestUsers && Double(refused) > Self.share * Double(users)
    }

    /// For the alert; its value is 0 unless they are many.
    package var figure: Alert.Figure {
        Alert.Figure(value: areMany ? Double(refused) / Double(max(1, users)) : 0, users: refused, total: users)
    }
}
