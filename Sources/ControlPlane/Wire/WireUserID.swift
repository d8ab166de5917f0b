import RefreshCore

/// A user id as text in JSON.
struct WireUserID: Codable, Equatable {
    let id: UserID

    init(_ id: UserID) {
        self.id = id
    }

    init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        do throws(UserIDProblem) {
            id = try UserID(text)
        } catch {
            throw FieldProblem(decoder.codingPath, error.description)
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(id.rawValue)
    }
}
