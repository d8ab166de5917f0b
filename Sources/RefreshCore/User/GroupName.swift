/// The name of a group of users that shares a schedule: 1 to 64 characters of `A-Z a-z 0-9 . _ -`.
package struct GroupName: Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    package init?(_ text: String) {
        guard (1...64).contains(text.utf8.count),
            text.utf8.allSatisfy({ $0.isDigit || $0.isLetter || "._-".utf8.contains($0) })
        else { return nil }
        rawValue = text
    }

    package var description: String { rawValue }
}

extension GroupName: Codable {
    package init(from decoder: any Decoder) throws {
        guard let name = GroupName(try decoder.singleValueContainer().decode(String.self)) else {
            throw FieldProblem(decoder.codingPath, "a group has 1 to 64 characters of A-Z a-z 0-9 . _ -")
        }
        self = name
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}

/// How many users name a group.
package struct GroupSize: Equatable, Sendable {
    package let group: GroupName
    package let users: Int

    package init(group: GroupName, users: Int) {
        self.group = group
        self.users = users
    }
}
