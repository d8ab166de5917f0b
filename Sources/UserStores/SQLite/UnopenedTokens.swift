import GRDB
package import RefreshCore

/// Users whose tokens do not open with the keys at hand: how many, and the first by place.
package struct UnopenedTokens: Equatable, Sendable {
    private static let mostNamed = 10

    package private(set) var count = 0
    package private(set) var first: [UserID] = []

    package init() {}

    /// Asks `opens` for every token.
    init(in db: Database, _ opens: (SealedText) -> Bool) throws {
        // A store of an older version may have no refresh tokens.
        let hasRefreshTokens = try db.columns(in: "users").contains { $0.name == "refresh_token" }
        let statement = try PreparedStatement(
            "SELECT place, id, token, \(hasRefreshTokens ? "refresh_token" : "NULL") FROM users ORDER BY place", in: db)
        try statement.each { _ in
        } _: { row in
            let place = try UserRow.required(row.integer(0).flatMap(Place.init(rawValue:)), "place")
            let id = try UserRow.required(row.text(1).flatMap { try? UserID($0) }, "user id")
            let texts = [(2, TokenKind.access), (3, .refresh)].compactMap { column, kind in
                row.bytes(Int32(column)).map {
                    SealedText(id: id, place: place, kind: kind, sealed: SealedToken(bytes: $0))
                }
            }
            guard !texts.allSatisfy(opens) else { return }
            count += 1
            if first.count < Self.mostNamed { first.append(id) }
        }
    }
}
