import RefreshCore
import RefreshDaemon

/// The body of `POST /v1/users`.
struct PutUsersRequest: Codable, Equatable {
    /// Users that one request may carry.
    static let longest = 1_000

    let users: [Entry]
    let importPart: WireImportPart?

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case users
        case importPart = "import"
    }

    init(_ entries: some Sequence<UserEntry>, part: ImportPart? = nil) {
        users = entries.map(Entry.init)
        importPart = part.map(WireImportPart.init)
    }

    init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        users = try container.decode([Entry].self, forKey: .users)
        importPart = try container.decodeIfPresent(WireImportPart.self, forKey: .importPart)
        guard users.count <= Self.longest else {
            throw FieldProblem(
                field: "users",
                "\(users.count) users; one request may bring \(Self.longest), send several"
            )
        }
    }

    struct Entry: Codable, Equatable {
        let userID: WireUserID
        let token: WireToken
        let refreshToken: WireToken?
        let group: WireGroupName?
        let expiresAt: WireMoment?
        let standing: WireStanding?

        private enum CodingKeys: String, CodingKey, CaseIterable {
            case userID, token, refreshToken, group, expiresAt, standing
        }

        init(_ entry: UserEntry) {
            userID = WireUserID(entry.id)
            token = WireToken(entry.token)
            refreshToken = entry.refreshToken.map(WireToken.init)
            group = entry.group.map(WireGroupName.init)
            expiresAt = entry.expiresAt.map(WireMoment.init)
            standing = entry.standing.map(WireStanding.init)
        }

        init(from decoder: any Decoder) throws {
            try decoder.refuseUnknownKeys(CodingKeys.self)
            let container = try decoder.container(keyedBy: CodingKeys.self)
            userID = try container.decode(WireUserID.self, forKey: .userID)
            token = try container.decode(WireToken.self, forKey: .token)
            refreshToken = try container.decodeIfPresent(WireToken.self, forKey: .refreshToken)
            group = try container.decodeIfPresent(WireGroupName.self, forKey: .group)
            expiresAt = try container.decodeIfPresent(WireMoment.self, forKey: .expiresAt)
            standing = try container.decodeIfPresent(WireStanding.self, forKey: .standing)
        }

        var entry: UserEntry {
            UserEntry(
                id: userID.id, token: token.token, group: group?.name, expiresAt: expiresAt?.moment,
                refreshToken: refreshToken?.token, standing: standing?.standing)
        }
    }
}

/// The answer to `POST /v1/users`: one word for each user, in order.
struct PutUsersAnswer: Codable, Equatable {
    let answers: [PutAnswer]
}
