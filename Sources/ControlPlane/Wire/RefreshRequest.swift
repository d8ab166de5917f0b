import RefreshCore
import RefreshDaemon

/// The body of `POST /v1/refresh`.
struct RefreshRequest: Codable, Equatable {
    /// Users that one request may name.
    static let longest = 1_000

    let users: [WireUserID]
    let force: Bool
    /// False only makes the users due.
    let wait: Bool

    private enum CodingKeys: String, CodingKey, CaseIterable { case users, force, wait }

    init(_ ids: some Sequence<UserID>, force: Bool = false, wait: Bool = true) {
        users = ids.map(WireUserID.init)
        self.force = force
        self.wait = wait
    }

    init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        users = try container.decode([WireUserID].self, forKey: .users)
        force = try container.decodeIfPresent(Bool.self, forKey: .force) ?? false
        wait = try container.decodeIfPresent(Bool.self, forKey: .wait) ?? true
        guard wait || !force else {
            throw FieldProblem(field: "force", "goes with waiting only: the schedule sets no rule aside")
        }
        guard users.count <= Self.longest else {
            throw FieldProblem(
                field: "users",
                "\(users.count) users; one request may name \(Self.longest), send several"
            )
        }
    }
}

/// The answer to `POST /v1/refresh`: one report for each user, in order.
struct RefreshAnswer: Codable, Equatable {
    let reports: [RefreshReport]
}
