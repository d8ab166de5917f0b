import RefreshCore

/// What a sealed text is bound to; it opens under the very same context only.
enum SealContext {
    case token(UserID)
    case refreshToken(UserID)
    /// The sentinel that tells whether a key fits a store. No user id leads here: the labels differ.
    case keyCheck

    init(_ kind: TokenKind, of id: UserID) {
        self =
            switch kind {
            case .access: .token(id)
            case .refresh: .refreshToken(id)
            }
    }

    /// The authenticated data: a label, then what follows with its length before it, so that no two contexts meet.
    var authenticatedData: [UInt8] {
        switch self {
        case .token(let id): Self.data("bankrefreshd token 1", id.rawValue)
        case .refreshToken(let id): Self.data("bankrefreshd refresh token 1", id.rawValue)
        case .keyCheck: Self.data("bankrefreshd key check 1", "")
        }
    }

    private static func data(_ label: String, _ text: String) -> [UInt8] {
        let length = UInt32(clamping: text.utf8.count)
        var data: [UInt8] = []
        data.reserveCapacity(label.utf8.count + 4 + text.utf8.count)
        data.append(contentsOf: label.utf8)
        for shift: UInt32 in [24, 16, 8, 0] { data.append(UInt8(truncatingIfNeeded: length >> shift)) }
        data.append(contentsOf: text.utf8)
        return data
    }
}
