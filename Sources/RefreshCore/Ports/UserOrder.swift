/// In which order users are listed where it is not that of their ids; equals come in the order of their ids.
package enum UserOrder: String, Word {
    /// Who is called next comes first, who is not called at all last.
    case due
    /// The oldest last success first; before them, users without any.
    case lastSuccess = "last-success"
    /// The most failures in a row first.
    case failures
    /// The soonest token expiry first; users without a known expiry last.
    case expiry

    /// Smaller keys come first.
    package func key(of user: User) -> Int64 {
        switch self {
        case .due: user.state.due?.microsecondsSinceEpoch ?? .max
        case .lastSuccess: user.record.lastSuccess?.microsecondsSinceEpoch ?? .min
        case .failures: -Int64(user.record.failures)
        case .expiry: user.tokenExpiresAt?.microsecondsSinceEpoch ?? .max
        }
    }

    /// Sorts users by key, then by id.
    package func sorted(_ users: some Sequence<User>) -> [User] {
        let keyed: [(key: Int64, user: User)] = users.map { (key(of: $0), $0) }
        let sorted = keyed.sorted { one, other in
            one.key == other.key ? one.user.id < other.user.id : one.key < other.key
        }
        return sorted.map(\.user)
    }
}
