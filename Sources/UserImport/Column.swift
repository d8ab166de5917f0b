/// What a file can say of a user: the name of a CSV column and of a JSON key.
package enum Column: String, CaseIterable, Sendable {
    case userID = "user_id"
    case accessToken = "access_token"
    case refreshToken = "refresh_token"
    case expiresAt = "expires_at"
    case group = "group"

    static let required: [Column] = [.userID, .accessToken]

    static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

    init?(_ name: Span<UInt8>) {
        let found = Self.allCases.first { column in
            let expected = column.rawValue.utf8
            return expected.count == name.count && zip(name.indices, expected).allSatisfy { name[$0] == $1 }
        }
        guard let found else { return nil }
        self = found
    }
}
