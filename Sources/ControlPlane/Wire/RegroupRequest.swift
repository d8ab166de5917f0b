import RefreshCore
import RefreshDaemon

/// The body of `POST /v1/group`; without a group, users follow none.
struct RegroupRequest: Codable, Equatable {
    /// Users that one request may name.
    static let longest = 1_000

    let users: [WireUserID]
    let group: WireGroupName?
    let importPart: WireImportPart?

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case users, group
        case importPart = "import"
    }

    init(_ ids: some Sequence<UserID>, to group: GroupName?, part: ImportPart?) {
        users = ids.map(WireUserID.init)
        self.group = group.map(WireGroupName.init)
        importPart = part.map(WireImportPart.init)
    }

    init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        users = try container.decode([WireUserID].self, forKey: .users)
        group = try container.decodeIfPresent(WireGroupName.self, forKey: .group)
        importPart = try container.decodeIfPresent(WireImportPart.self, forKey: .importPart)
        guard users.count <= Self.longest else {
            throw FieldProblem(
                field: "users",
                "\(users.count) users; one request may name \(Self.longest), send several"
            )
        }
    }
}

/// The answer to `POST /v1/group`: one word for each user, in order.
struct RegroupUsersAnswer: Codable, Equatable {
    let answers: [RegroupAnswer]
}
