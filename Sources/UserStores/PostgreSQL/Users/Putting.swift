import RefreshCore

/// Users that are put one after another, and what to write for each of them in the end.
struct Putting {
    private struct Entry {
        var change: UserStatements.Change
        let isNew: Bool
    }

    private var entries: [Entry] = []
    private var indices: [UserID: Int] = [:]
    private var places: PlaceFinder

    /// Reads those users that are stored, and looks up which places are taken.
    ///
    /// Without `homes`, assumes that no user is stored and no place is taken; if one is, the write is refused.
    init(_ users: [NewUser], homes: [Place]?, _ session: Session) throws {
        places = try PlaceFinder(homes, session)
        entries.reserveCapacity(users.count)
        indices.reserveCapacity(users.count)
        guard homes != nil else { return }
        for stored in try UserStatements.users(Array(Set(users.map(\.id))), session).values {
            add(UserStatements.Change(user: stored.user, revisions: 0), isNew: false)
        }
    }

    private mutating func add(_ change: UserStatements.Change, isNew: Bool) {
        indices[change.user.id] = entries.count
        entries.append(Entry(change: change, isNew: isNew))
    }

    mutating func put(
        _ new: NewUser, home: Place, added: (NewUser, Place) -> User, replaced: (NewUser, User) -> User
    ) throws -> PutResult {
        if let index = indices[new.id] {
            let (stored, revisions) = (entries[index].change.user, entries[index].change.revisions)
            if let basis = new.basis, basis != stored.tokenVersion { return .superseded }
            let user = stored.replaced(by: new, replaced)
            entries[index].change = UserStatements.Change(
                user: user, revisions: revisions + 1, tokens: (new.token, new.refreshToken))
            return .replaced(user, previous: stored.state.kind)
        }
        if let basis = new.basis, basis != 0 { return .superseded }
        let user = User(new, at: try places.take(from: home), added: added)
        let tokens = (new.token, new.refreshToken)
        add(UserStatements.Change(user: user, revisions: 0, tokens: tokens), isNew: true)
        return .added(user)
    }

    func write(_ session: Session) throws {
        let written = entries.filter { $0.change.tokens != nil }
        try UserStatements.insert(written.filter(\.isNew).map(\.change), session)
        try UserStatements.write(written.filter { !$0.isNew }.map(\.change), session)
    }
}
