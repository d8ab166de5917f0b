import RefreshCore
import RefreshDaemon

/// The body of `POST /v1/refresh`.
struct RefreshRequest: Codable, Equatable {
    /// Users that one request may name.
    static let longest = 1_000

    let users: [WireUserID]
    let force: Bool

    private enum CodingKeys: String, CodingKey, CaseIterable { case users, force }

    init(_ ids: some Sequence<UserID>, force: Bool) {
        users = ids.map(WireUserID.init)
        self.force = force
    }

    init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        users = try container.decode([WireUserID].self, forKey: .users)
        force = try container.decodeIfPresent(Bool.self, forKey: .force) ?? false
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
