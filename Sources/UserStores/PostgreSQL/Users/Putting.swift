import RefreshCore

/// Users that are put one after another, and what to write for each of them in the end.
struct Putting {
    private struct Entry {
        var user: User
        var token: SealedToken?
        var refreshToken: SealedToken?
        /// How much a stored user's revision rises; nil for a new user.
        var revisions: Int64?
    }

    private var entries: [Entry] = []
    private var indices: [UserID: Int] = [:]
    private var places: PlaceFinder

    /// Reads those users that are stored, and looks up which places are taken.
    init(_ users: [NewUser], homes: [Place], _ session: Session) throws {
        places = try PlaceFinder(homes, session)
        for (id, stored) in try UserStatements.users(Array(Set(users.map(\.id))), session) {
            add(Entry(user: stored.user, revisions: 0), id)
        }
    }

    /// Assumes that no user is stored and no place is taken; if one is, the write is refused.
    init(new count: Int, _ session: Session) throws {
        places = try PlaceFinder(nil, session)
        entries.reserveCapacity(count)
        indices.reserveCapacity(count)
    }

    private mutating func add(_ entry: Entry, _ id: UserID) {
        indices[id] = entries.count
        entries.append(entry)
    }

    mutating func put(
        _ new: NewUser, home: Place, added: (NewUser, Place) -> User, replaced: (NewUser, User) -> User
    ) throws -> PutResult {
        if let index = indices[new.id] {
            let stored = entries[index].user
            if let basis = new.basis, basis != stored.tokenVersion { return .superseded }
            var user = stored.with(replaced(new, stored))
            user.tokenVersion = stored.tokenVersion + 1
            user.tokenExpiresAt = new.expiresAt
            let revisions = entries[index].revisions.map { $0 + 1 }
            entries[index] = Entry(
                user: user, token: new.token, refreshToken: new.refreshToken, revisions: revisions)
            return .replaced(user, previous: stored.state.kind)
        }
        if let basis = new.basis, basis != 0 { return .superseded }
        let place = try places.take(from: home)
        let decided = added(new, place)
        let user = User(
            id: new.id, place: place, group: decided.group, state: decided.state, record: decided.record,
            tokenExpiresAt: new.expiresAt, renewal: decided.renewal)
        add(Entry(user: user, token: new.token, refreshToken: new.refreshToken), new.id)
        return .added(user)
    }

    func write(_ session: Session) throws {
        var additions: [UserStatements.Addition] = []
        var changes: [UserStatements.Change] = []
        for entry in entries {
            guard let token = entry.token else { continue }
            if let revisions = entry.revisions {
                changes.append(
                    UserStatements.Change(user: entry.user, revisions: revisions, tokens: (token, entry.refreshToken)))
            } else {
                additions.append(
                    UserStatements.Addition(
                        user: entry.user, token: token, refreshToken: entry.refreshToken, revision: 0))
            }
        }
        try UserStatements.insert(additions, session)
        try UserStatements.write(changes, session)
    }
}
