import RefreshCore

/// A group's name as text in JSON.
struct WireGroupName: Codable, Equatable {
    let name: GroupName

    init(_ name: GroupName) {
        self.name = name
    }

    init(from decoder: any Decoder) throws {
        guard let name = GroupName(try decoder.singleValueContainer().decode(String.self)) else {
            throw FieldProblem(decoder.codingPath, "a group has 1 to 64 characters of A-Z a-z 0-9 . _ -")
        }
        self.name = name
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name.rawValue)
    }
}
