import RefreshCore
import RefreshDaemon

/// The body of `POST /v1/remove`.
struct RemoveUsersRequest: Codable, Equatable {
    /// Users that one request may name.
    static let longest = 1_000

    let users: [WireUserID]
    let unlessAddedSince: WireMoment?
    let importPart: WireImportPart?

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case users, unlessAddedSince
        case importPart = "import"
    }

    init(_ ids: some Sequence<UserID>, _ terms: RemovalTerms) {
        users = ids.map(WireUserID.init)
        unlessAddedSince = terms.unlessAddedSince.map(WireMoment.init)
        importPart = terms.part.map(WireImportPart.init)
    }

    init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        users = try container.decode([WireUserID].self, forKey: .users)
        unlessAddedSince = try container.decodeIfPresent(WireMoment.self, forKey: .unlessAddedSince)
        importPart = try container.decodeIfPresent(WireImportPart.self, forKey: .importPart)
        guard users.count <= Self.longest else {
            throw FieldProblem(
                field: "users",
                "\(users.count) users; one request may name \(Self.longest), send several"
            )
        }
    }

    var terms: RemovalTerms {
        RemovalTerms(unlessAddedSince: unlessAddedSince?.moment, part: importPart?.part)
    }
}

/// The answer to `POST /v1/remove`: one word for each user, in order.
struct RemoveUsersAnswer: Codable, Equatable {
    let answers: [Removal]
}
