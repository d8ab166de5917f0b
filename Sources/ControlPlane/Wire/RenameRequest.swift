import RefreshCore

/// The body of `POST /v1/users/{id}/rename`.
struct RenameRequest: Codable, Equatable {
    let newID: WireUserID

    private enum CodingKeys: String, CodingKey, CaseIterable { case newID }

    init(newID: UserID) {
        self.newID = WireUserID(newID)
    }

    init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(CodingKeys.self)
        newID = try decoder.container(keyedBy: CodingKeys.self).decode(WireUserID.self, forKey: .newID)
    }
}
