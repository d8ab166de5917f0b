import RefreshCore

extension Timestamp {
    /// Seconds after a moment that all tests take for the present.
    static func second(_ count: Int64) -> Timestamp {
        Timestamp(secondsSinceEpoch: 1_900_000_000 + count)
    }

    static let now = second(0)
    static let later = second(300)
}

extension SealedToken {
    static func random(count: Int = 96) -> SealedToken {
        SealedToken(bytes: (0..<count).map { _ in .random(in: .min ... .max) })
    }
}

extension NewUser {
    init(
        _ id: String, group: String? = nil, token: SealedToken = .random(), expiresAt: Timestamp? = nil,
        basis: Int64? = nil, standing: UserStanding? = nil
    ) throws {
        self.init(
            id: try UserID(id),
            group: group.flatMap(GroupName.init),
            token: token,
            expiresAt: expiresAt,
            basis: basis,
            standing: standing
        )
    }
}

extension PutResult {
    var user: User {
        switch self {
        case .added(let user), .replaced(let user, _): user
        case .superseded: preconditionFailure("decided from another token")
        }
    }
}

extension UserStore {
    /// Stores users in the given state; whoever is stored already only gets the token.
    @discardableResult
    func put(_ users: [NewUser], in state: UserState = .scheduled(due: .now)) async throws -> [PutResult] {
        try await put(users) { new, place in
            User(
                id: new.id,
                place: place,
                group: new.group,
                state: state,
                record: User.Record(slot: state.due ?? .epoch)
            )
        } replaced: { _, stored in
            stored
        }
    }

    @discardableResult
    func add(_ id: String, _ state: UserState = .scheduled(due: .now)) async throws -> User {
        try await put([NewUser(id)], in: state)[0].user
    }

    func user(_ id: String) async throws -> User? {
        try await user(UserID(id))
    }

    /// Leases what is due now, for five minutes.
    func leaseAll(limit: Int = 1_000) async throws -> [LeasedUser] {
        try await leaseDue(now: .now, until: .later, limit: limit)
    }
}

extension LeasedUser {
    /// The settlement that puts the user off until a moment.
    func settlement(due: Timestamp = .second(86_400)) -> Settlement {
        var next = user
        next.state = .scheduled(due: due)
        next.record.slot = due
        return Settlement(lease: lease, revision: revision, user: next)
    }
}
