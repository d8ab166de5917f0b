package import RefreshCore

/// Moves a store from one key to the next while it is in use: new keys are taken, tokens sealed anew, old keys let go.
///
/// At no moment is a token sealed with a key that a start would not ask for: the store holds a check for a key before
/// anything is sealed with it, and until nothing is any more. Whatever is cut short goes on at the next start, as each
/// token says what it is sealed with.
package actor KeyRotation {
    package struct Progress: Equatable, Sendable {
        /// The part of the store that was walked, 0 to 1; nil when no walk is under way.
        package fileprivate(set) var share: Double?
        package fileprivate(set) var resealed = 0
        /// Why the latest walk ended early; it is tried again.
        package fileprivate(set) var failure: String?
    }

    /// Users read and written at once: some milliseconds, after which others get the store.
    private static let usersAtOnce = 500

    package private(set) var progress = Progress()
    private let store: any SealedTokenKeeping
    private let vault: LiveVault
    private let events: any EventReporting
    private let pause: @Sendable (Duration) async throws -> Void
    private let bell: AsyncStream<Void>
    private let ringer: AsyncStream<Void>.Continuation
    /// Changes of the checks and of the keys.
    private let changes = AsyncMutex()

    /// `pause` is called between batches with the time that the one before took.
    package init(
        store: any SealedTokenKeeping, vault: LiveVault, events: any EventReporting,
        pause: @escaping @Sendable (_ busy: Duration) async throws -> Void = { _ in }
    ) {
        self.store = store
        self.vault = vault
        self.events = events
        self.pause = pause
        (bell, ringer) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    package nonisolated var keys: KeyRing { vault.keys }

    // MARK: Keys

    /// Takes the keys that `read` finds in the place of the present ones, and begins to seal tokens anew if it must.
    ///
    /// Refuses keys that do not open everything in the store; nothing changes then.
    package func reload(_ read: @Sendable () throws -> KeyRing) async throws {
        try await changes.run { try await take(read) }
    }

    /// Throws a `KeyRotationProblem` where the store asks for a key that is not among those in use: another process has
    /// changed them.
    package func verify() async throws {
        try Self.verify(await store.marks().keyChecks, with: KeyCheck(keys: vault.keys))
    }

    private static func verify(_ checks: [SealedToken], with check: KeyCheck) throws(KeyRotationProblem) {
        switch check.verify(checks) {
        case .fits: break
        case .doesNotFit(let id, let atHand): throw .keyMissing(id: id, atHand: atHand)
        case .unreadable: throw .checkDamaged
        }
    }

    private func take(_ read: @Sendable () throws -> KeyRing) async throws {
        let old = vault.keys
        let new = try read()
        let check = KeyCheck(keys: new)
        while true {
            let checks = try await store.marks().keyChecks
            try Self.verify(checks, with: check)
            guard let complete = try check.completing(checks) else { break }
            // Durable before anything is sealed with the new key.
            if try await store.setKeyChecks(complete, replacing: checks) { break }
        }
        let dropped = old.ids.filter { !new.ids.contains($0) }
        if !dropped.isEmpty {
            let used = try await usage().tokens
            if let id = dropped.first(where: { used[$0] != nil }) {
                throw KeyRotationProblem.keyMissing(id: id.description, atHand: new.ids.map(\.description))
            }
        }
        vault.replace(by: new)
        if try await store.marks().keyChecks.count > 1 { progress = Progress(share: 0) }
        if new.ids != old.ids {
            events.report(
                .keysChanged(
                    sealing: new.sealingID.description, opening: new.ids.dropFirst().map(\.description)))
        }
        ringer.yield()
    }

    // MARK: Tokens

    /// Seals tokens anew whenever keys have changed, and goes on with what an earlier life left; until cancelled.
    package func run() async {
        await tellGivenUp()
        ringer.yield()
        for await _ in bell {
            do {
                _ = try await walk()
            } catch is CancellationError {
                return
            } catch {
                progress.share = nil
                progress.failure = "\(error)"
                do { try await Task.sleep(for: .seconds(30)) } catch { return }
                ringer.yield()
            }
        }
    }

    /// Seals anew whatever another key than the first sealed; afterwards the store asks for that key alone.
    ///
    /// Returns how many tokens were sealed anew. A walk that nothing calls for costs one look.
    package func walk(shown: (Progress) -> Void = { _ in }) async throws -> Int {
        var resealed = 0
        while true {
            let marks = try await store.marks()
            let keys = vault.keys
            let outdated = Self.outdated(marks.keyChecks, under: keys)
            guard !outdated.isEmpty || marks.hasGivenUpTokens else { break }
            let isThrough = try await pass(under: keys, &resealed, shown)
            guard isThrough, try await letGo(outdated, under: keys) else { continue }
            try await clearGivenUp()
            break
        }
        progress = Progress(share: nil, resealed: resealed)
        guard resealed > 0 else { return 0 }
        // The log holds what was replaced.
        try await store.truncateLog()
        let keys = vault.keys
        events.report(
            .tokensResealed(
                count: resealed, key: keys.sealingID.description, unused: keys.ids.dropFirst().map(\.description)))
        return resealed
    }

    /// Whether the store asks for another key at hand than the one that seals, though maybe no token needs it any more.
    ///
    /// As long as it does, that key has to stay.
    package func isUnfinished() async throws -> Bool {
        try await !Self.outdated(store.marks().keyChecks, under: vault.keys).isEmpty
    }

    private static func outdated(_ checks: [SealedToken], under keys: KeyRing) -> [SealedToken] {
        checks.filter { check in
            keys.keyID(of: check).map { $0 != keys.sealingID && keys.key($0) != nil } ?? false
        }
    }

    /// Removes the checks of keys that nothing is sealed with any more; false when the keys have changed meanwhile.
    ///
    /// Stores write in the order in which they are asked: what was sealed before a walk began is there before it ends.
    private func letGo(_ outdated: [SealedToken], under keys: KeyRing) async throws -> Bool {
        try await changes.run {
            guard vault.keys.sealingID == keys.sealingID else { return false }
            let checks = try await store.marks().keyChecks
            let kept = checks.filter { !outdated.contains($0) }
            return kept == checks ? true : try await store.setKeyChecks(kept, replacing: checks)
        }
    }

    /// Once around the store; false when somebody may have been missed: a token was replaced meanwhile, or the keys.
    private func pass(
        under keys: KeyRing, _ resealed: inout Int, _ shown: (Progress) -> Void
    ) async throws -> Bool {
        let sealer = TokenSealer(keys: keys)
        var place: Place?
        var isThrough = true
        progress.share = 0
        progress.failure = nil
        while true {
            try Task.checkCancellation()
            let began = ContinuousClock.now
            let texts = try await store.sealedTexts(after: place, limit: Self.usersAtOnce)
            guard let last = texts.last?.place else { return isThrough }
            guard vault.keys.sealingID == keys.sealingID else { return false }
            let changes = try texts.compactMap { text in try sealer.resealed(text).map { Resealing(text, as: $0) } }
            if !changes.isEmpty {
                let count = try await store.reseal(changes)
                resealed += count
                if count < changes.count { isThrough = false }
                try await pause(began.duration(to: .now))
            }
            place = last
            progress.share = Double(last.rawValue) / Double(Int64.max)
            progress.resealed = resealed
            shown(progress)
        }
    }

    /// Counts the store's tokens by their keys; reads all of it.
    package func usage() async throws -> KeyUsage {
        let keys = vault.keys
        var usage = KeyUsage()
        var place: Place?
        while true {
            let texts = try await store.sealedTexts(after: place, limit: 4 * Self.usersAtOnce)
            guard let last = texts.last?.place else { return usage }
            for text in texts { usage.add(text.sealed, in: keys) }
            place = last
        }
    }

    // MARK: Lost keys

    /// Gives up the tokens that no key at hand opens; `parking` is called with their users before, some at a time.
    ///
    /// Afterwards the store asks for the present key alone. Returns how many tokens were given up.
    package func giveUpLost(parking: ([UserID]) async throws -> Void) async throws -> Int {
        let keys = vault.keys
        try await store.setHasGivenUpTokens(true)
        var place: Place?
        var count = 0
        while true {
            let texts = try await store.sealedTexts(after: place, limit: Self.usersAtOnce)
            guard let last = texts.last?.place else { break }
            let lost = texts.filter { text in
                !text.sealed.isGivenUp && (keys.keyID(of: text.sealed).map { keys.key($0) == nil } ?? false)
            }
            try await parking(lost.filter { $0.kind == .access }.map(\.id))
            count += try await store.reseal(lost.map { Resealing($0, as: $0.sealed.givenUp) })
            place = last
        }
        let checks = try await store.marks().keyChecks
        let fitting = checks.filter { keys.keyID(of: $0).map { keys.key($0) != nil } ?? false }
        let complete = try KeyCheck(keys: keys).completing(fitting) ?? fitting
        guard try await store.setKeyChecks(complete, replacing: checks) else { throw KeyRotationProblem.isChanging }
        return count
    }

    private func tellGivenUp() async {
        guard let marks = try? await store.marks(), marks.hasGivenUpTokens, let usage = try? await usage() else {
            return
        }
        if usage.givenUp > 0 { events.report(.tokensGivenUp(count: usage.givenUp)) }
    }

    private func clearGivenUp() async throws {
        guard try await store.marks().hasGivenUpTokens, try await usage().givenUp == 0 else { return }
        try await store.setHasGivenUpTokens(false)
    }
}

/// Why keys are not taken.
package enum KeyRotationProblem: Error, Equatable {
    /// Another process changes them.
    case isChanging
    /// Tokens are sealed with a key that is not among the new ones.
    case keyMissing(id: String, atHand: [String])
    case checkDamaged
}
