import GRDB
import RefreshCore

/// Reads the tokens of many users, those together that lie together.
struct StoredTokenReader {
    /// Read in one go: some ten milliseconds, after which others get the connection.
    static let rowsAtOnce = 5_000

    private static let columns =
        "id, token, refresh_token, token_version, token_expires_at, group_name, token_issued_at"

    private let byPlace: PreparedStatement
    private let byID: PreparedStatement

    init(_ db: Database) throws {
        byPlace = try PreparedStatement("SELECT \(Self.columns) FROM users WHERE place = ?", in: db)
        byID = try PreparedStatement("SELECT \(Self.columns) FROM users WHERE id = ?", in: db)
    }

    /// The token of a user who stands at its own place; nil where nobody or another does.
    func token(of id: UserID, at home: Place) throws -> StoredToken? {
        try byPlace.first({ $0.add(home) }) { row in
            row.isText(0, id.rawValue) ? try Self.token(row) : nil
        } ?? nil
    }

    func token(of id: UserID) throws -> StoredToken? {
        try byID.first({ $0.add(id.rawValue) }, Self.token)
    }

    private static func token(_ row: PreparedStatement.Columns) throws -> StoredToken {
        StoredToken(
            access: SealedToken(bytes: try UserRow.required(row.bytes(1), "token")),
            refresh: row.bytes(2).map(SealedToken.init(bytes:)),
            version: try UserRow.required(row.integer(3), "token_version"),
            expiresAt: row.moment(4),
            group: try row.text(5).map { try UserRow.required(GroupName($0), "proper group name") },
            issuedAt: row.moment(6))
    }
}
