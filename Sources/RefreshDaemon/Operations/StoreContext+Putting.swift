import RefreshCore
import Synchronization

/// Puts users: compares each entry with what is stored, and writes only what differs.
extension StoreContext {
    /// The result of putting one user; `user` is set if anything was written.
    private struct Done: Sendable {
        let answer: PutAnswer
        var user: User?
    }

    /// Reports to the journal as well: one user by itself, or many together.
    func put(_ entries: [UserEntry], part: ImportPart?) async throws -> [PutAnswer] {
        let done = try await put(entries)
        let answers = done.map(\.answer)
        if let part {
            imports.note(answers, of: part)
        } else if answers.count > 1 {
            events.report(.usersImported(PutCounts(answers)))
        } else if let one = done.first, let user = one.user {
            switch one.answer {
            case .added: events.report(.userAdded(user))
            case .replaced, .released, .unopened: events.report(.tokenReplaced(user))
            case .updated: events.report(.userUpdated(user))
            case .unchanged: break
            }
        }
        return answers
    }

    /// Returns one result per entry, in order; if a user occurs twice, the later entry wins.
    private func put(_ entries: [UserEntry]) async throws -> [Done] {
        var done = [Done?](repeating: nil, count: entries.count)
        var left = Array(entries.indices)
        // Entries whose user changed between comparison and write are compared again.
        while !left.isEmpty {
            let judgements = try await judgements(of: left.map { entries[$0] })
            for (index, result) in zip(left, try await write(judgements)) { done[index] = result }
            left = left.filter { done[$0] == nil }
        }
        return done.compactMap(\.self)
    }

    /// What `put` would answer; nothing is written.
    func preview(_ entries: [UserEntry]) async throws -> [PutAnswer] {
        let decision = PutDecision(policies: policies(), now: time.now)
        var answers: [PutAnswer] = []
        for judgement in try await judgements(of: entries) {
            let entry = judgement.entry
            switch judgement.kind {
            case .unchanged: answers.append(.unchanged)
            case .details where entry.standing == nil: answers.append(.updated)
            case .details:
                let isSame = try await store.user(entry.id).map { decision.detailed(entry, $0) == $0 } ?? false
                answers.append(isSame ? .unchanged : .updated)
            case .new: answers.append(.added)
            case .token(_, isUnopened: true): answers.append(.unopened)
            case .token(_, isUnopened: false):
                let isReleased = try await store.user(entry.id).map { user in
                    user.state.kind == .parked
                        && judgement.row.map { decision.replaced($0, user).state.kind != .parked } ?? false
                }
                answers.append(isReleased ?? false ? .released : .replaced)
            }
        }
        return answers
    }

    private struct Judgement: Sendable {
        enum Kind {
            case unchanged
            /// The token stays, in this version; group, expiry or standing may change.
            case details(version: Int64)
            case new
            /// The token differs from the stored one of this version.
            case token(version: Int64, isUnopened: Bool)
        }

        let entry: UserEntry
        let kind: Kind
        /// The entry with its tokens sealed, if they are to be written.
        var row: NewUser?

        /// The version of the stored token that a new token was compared with; nil if no token is written.
        var basis: Int64? {
            switch kind {
            case .unchanged, .details: nil
            case .new: 0
            case .token(let version, _): version
            }
        }
    }

    /// Opens and seals the tokens of many entries on several cores.
    private func judgements(of entries: [UserEntry]) async throws -> [Judgement] {
        let stored = try await store.tokens(of: entries.map(\.id))
        let share = 5_000
        guard entries.count > share else { return try judgements(of: entries[...], stored: stored[...]) }
        return try await withThrowingTaskGroup(of: (start: Int, judgements: [Judgement]).self) { group in
            for start in stride(from: 0, to: entries.count, by: share) {
                group.addTask {
                    let range = start..<min(start + share, entries.count)
                    return (start, try judgements(of: entries[range], stored: stored[range]))
                }
            }
            var shares: [(start: Int, judgements: [Judgement])] = []
            for try await share in group { shares.append(share) }
            return shares.sorted { $0.start < $1.start }.flatMap(\.judgements)
        }
    }

    private func judgements(
        of entries: ArraySlice<UserEntry>, stored: ArraySlice<StoredToken?>
    ) throws -> [Judgement] {
        var judgements = zip(entries, stored).map(judgement)
        var tokens: [TokenToSeal] = []
        for judgement in judgements where judgement.basis != nil {
            let entry = judgement.entry
            tokens.append((entry.token, .access, entry.id))
            if let token = entry.refreshToken { tokens.append((token, .refresh, entry.id)) }
        }
        var sealed = try vault.seal(tokens)[...]
        for index in judgements.indices {
            let entry = judgements[index].entry
            guard let basis = judgements[index].basis, let access = sealed.popFirst() else { continue }
            let refresh = entry.refreshToken == nil ? nil : sealed.popFirst()
            judgements[index].row = NewUser(
                id: entry.id, group: entry.group, token: access, refreshToken: refresh, expiresAt: entry.expiresAt,
                basis: basis, standing: entry.standing)
        }
        return judgements
    }

    private func judgement(of entry: UserEntry, stored: StoredToken?) -> Judgement {
        guard let stored else { return Judgement(entry: entry, kind: .new) }
        if let issuedAt = entry.standing?.tokenIssuedAt, let present = stored.issuedAt, issuedAt < present {
            // An older token is not restored: its refresh token may be used up, and using it again would end the grant.
            var older = entry
            older.expiresAt = nil
            return Judgement(entry: older, kind: .details(version: stored.version))
        }
        let isSameAccess = isSame(entry.token, as: stored.access, .access, of: entry.id)
        // If no refresh token is given, the stored one stays with the access token it belongs to.
        let isSameRefresh = entry.refreshToken.map { isSame($0, as: stored.refresh, .refresh, of: entry.id) } ?? true
        guard let isSameAccess, let isSameRefresh else {
            return Judgement(entry: entry, kind: .token(version: stored.version, isUnopened: true))
        }
        if !isSameAccess {
            return Judgement(entry: entry, kind: .token(version: stored.version, isUnopened: false))
        }
        if !isSameRefresh {
            var whole = entry
            whole.expiresAt = entry.expiresAt ?? stored.expiresAt
            return Judgement(entry: whole, kind: .token(version: stored.version, isUnopened: false))
        }
        let isSameGroup = entry.group == nil || entry.group == stored.group
        let isSameExpiry = entry.expiresAt == nil || entry.expiresAt == stored.expiresAt
        let isUnchanged = isSameGroup && isSameExpiry && entry.standing == nil
        return Judgement(entry: entry, kind: isUnchanged ? .unchanged : .details(version: stored.version))
    }

    /// Compares in constant time; nil if the stored token cannot be opened.
    private func isSame(_ token: AccessToken, as stored: SealedToken?, _ kind: TokenKind, of id: UserID) -> Bool? {
        guard let stored else { return false }
        return (try? vault.open(stored, as: kind, for: id)).map { $0 == token }
    }

    /// Returns nil for entries to be judged again.
    private func write(_ judgements: [Judgement]) async throws -> [Done?] {
        var done = [Done?](repeating: nil, count: judgements.count)
        var rows: [(index: Int, new: NewUser, isUnopened: Bool)] = []
        var details: [Int] = []
        // An entry whose user an earlier entry changes is judged again after it.
        var written = Set<UserID>()
        let isAnyWritten = judgements.contains { if case .unchanged = $0.kind { false } else { true } }
        for (index, judgement) in judgements.enumerated() {
            if isAnyWritten, written.contains(judgement.entry.id) { continue }
            switch judgement.kind {
            case .unchanged: done[index] = Done(answer: .unchanged)
            case .details: details.append(index)
            case .new: if let row = judgement.row { rows.append((index, row, false)) }
            case .token(_, let isUnopened): if let row = judgement.row { rows.append((index, row, isUnopened)) }
            }
            if isAnyWritten { written.insert(judgement.entry.id) }
        }
        if !rows.isEmpty {
            for (row, result) in zip(rows, try await put(rows.map(\.new))) {
                done[row.index] = Self.done(result, isUnopened: row.isUnopened)
            }
        }
        if !details.isEmpty {
            for (index, result) in zip(details, try await puts.write(details.map { judgements[$0] }, update)) {
                done[index] = result
            }
        }
        return done
    }

    private func put(_ rows: [NewUser]) async throws -> [PutResult] {
        let decision = PutDecision(policies: policies(), now: time.now)
        return try await puts.write(rows) { some in
            try await store.put(
                some, added: { row, place in decision.added(row, at: place) },
                replaced: { row, user in decision.replaced(row, user) })
        }
    }

    /// Returns nil for users whose token has changed meanwhile.
    private func update(_ judgements: [Judgement]) async throws -> [Done?] {
        let decision = PutDecision(policies: policies(), now: time.now)
        var versions: [UserID: Int64] = [:]
        var entries: [UserID: UserEntry] = [:]
        for judgement in judgements {
            guard case .details(let version) = judgement.kind else { continue }
            versions[judgement.entry.id] = version
            entries[judgement.entry.id] = judgement.entry
        }
        let unchanged = Mutex<Set<UserID>>([])
        let users = try await store.update(judgements.map(\.entry.id)) { [versions, entries] user in
            guard let entry = entries[user.id], user.tokenVersion == versions[user.id] else { return nil }
            let next = decision.detailed(entry, user)
            if next == user { _ = unchanged.withLock { $0.insert(user.id) } }
            return next
        }
        let same = unchanged.withLock(\.self)
        return users.map { user in
            guard let user, user.tokenVersion == versions[user.id] else { return nil }
            return same.contains(user.id) ? Done(answer: .unchanged) : Done(answer: .updated, user: user)
        }
    }

    private static func done(_ result: PutResult, isUnopened: Bool) -> Done? {
        switch result {
        case .added(let user): Done(answer: .added, user: user)
        case .replaced(let user, _) where isUnopened: Done(answer: .unopened, user: user)
        case .replaced(let user, let previous):
            Done(answer: previous == .parked && user.state.kind != .parked ? .released : .replaced, user: user)
        case .superseded: nil
        }
    }
}
