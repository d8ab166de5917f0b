package import RefreshCore

/// Adds users, or gives stored users a new token, some hundreds per transaction.
///
/// Users that were put before an error stay as they were put.
/// If an entry leaves out group, expiry or refresh token, the stored value stays. If an entry has the `standing` of a
/// user in another store, the later times apply, and its token never replaces one that was issued later. The journal
/// gets one entry per operation, or one for all parts of an import.
package struct PutUsers: BatchOperation {
    package enum CodingKeys: String, CodingKey, CaseIterable {
        case users
        case part = "import"
    }

    package static let name = "put-users"

    package let users: [UserEntry]
    package let part: ImportPart?

    package init(_ users: [UserEntry], part: ImportPart? = nil) {
        self.users = users
        self.part = part
    }

    package func run(with daemon: DaemonContext) async throws -> [PutAnswer] {
        let answers = try await run(with: daemon.stored)
        if answers.contains(where: { $0 != .unchanged }) { daemon.work.wakeSignal.send() }
        return answers
    }

    package func run(with store: StoreContext) async throws -> [PutAnswer] {
        try await store.put(users, part: part)
    }
}

/// A user to store, with its token.
package struct UserEntry: Sendable, Equatable {
    package let id: UserID
    package let token: AccessToken
    package let group: GroupName?
    package var expiresAt: Timestamp?
    /// The refresh token, which renews the access token.
    package let refreshToken: AccessToken?
    /// State and times of the user in the store that it comes from; nil if it comes from a list.
    package let standing: UserStanding?

    package init(
        id: UserID, token: AccessToken, group: GroupName? = nil, expiresAt: Timestamp? = nil,
        refreshToken: AccessToken? = nil, standing: UserStanding? = nil
    ) {
        self.id = id
        self.token = token
        self.group = group
        self.expiresAt = expiresAt
        self.refreshToken = refreshToken
        self.standing = standing
    }
}

/// Encoded in clear text, for the control socket only: the tokens themselves are not `Codable`.
extension UserEntry: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case userID, token, refreshToken, group, expiresAt, standing
    }

    package init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func token(_ text: String, _ key: CodingKeys) throws -> AccessToken {
            do throws(AccessTokenProblem) { return try AccessToken(text.utf8) } catch {
                throw FieldProblem(container.codingPath + [key], error.description)
            }
        }
        self.init(
            id: try container.decode(UserID.self, forKey: .userID),
            token: try token(try container.decode(String.self, forKey: .token), .token),
            group: try container.decodeIfPresent(GroupName.self, forKey: .group),
            expiresAt: try container.decodeIfPresent(Timestamp.self, forKey: .expiresAt),
            refreshToken: try container.decodeIfPresent(String.self, forKey: .refreshToken).map {
                try token($0, .refreshToken)
            },
            standing: try container.decodeIfPresent(UserStanding.self, forKey: .standing))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        func add(_ token: AccessToken, _ key: CodingKeys) throws {
            try token.secret.withBytes { try container.encode(String(decoding: $0, as: UTF8.self), forKey: key) }
        }
        try container.encode(id, forKey: .userID)
        try add(token, .token)
        if let refreshToken { try add(refreshToken, .refreshToken) }
        try container.encodeIfPresent(group, forKey: .group)
        try container.encodeIfPresent(expiresAt, forKey: .expiresAt)
        try container.encodeIfPresent(standing, forKey: .standing)
    }

    /// The most bytes that the entry's JSON can take.
    ///
    /// Each byte of the id may need an escape; field names, punctuation and a moment take less than 200 bytes.
    package var mostBytes: Int {
        2 * id.rawValue.utf8.count + token.secret.count + (refreshToken?.secret.count ?? 0)
            + (group?.rawValue.utf8.count ?? 0) + (standing.map { UserStanding.mostBytes(of: $0.record) } ?? 0) + 200
    }
}

extension UserStanding {
    /// The most bytes that the JSON of a standing can take.
    ///
    /// All but the reason takes less than 1,500 bytes; each byte of the reason may need an escape.
    static func mostBytes(of record: User.Record) -> Int {
        1_500 + 6 * (record.lastAttempt?.reason?.utf8.count ?? 0)
    }
}

/// The result for one user.
package enum PutAnswer: String, Word {
    case added
    /// The user was stored and now has the new token. Its schedule and history stay.
    case replaced
    /// As `replaced`. The user was parked, and the daemon now calls it again.
    case released
    /// As `replaced`, whether the user was parked or not. The stored token could not be decrypted, so it is unknown
    /// whether the token is new.
    case unopened
    /// The token is unchanged. Its expiry or the user's group has changed and is now stored. A parked user stays
    /// parked.
    case updated
    /// Everything is as stored, so nothing was written. A parked user stays parked.
    case unchanged
}

extension PutCounts {
    package mutating func count(_ answers: [PutAnswer]) {
        for answer in answers {
            switch answer {
            case .added: added += 1
            case .replaced: replaced += 1
            case .released: released += 1
            case .unopened: unopened += 1
            case .updated: updated += 1
            case .unchanged: unchanged += 1
            }
        }
    }

    package init(_ answers: [PutAnswer]) {
        self = .zero
        count(answers)
    }
}
