package import RefreshCore

/// Moves a store in use from one key to the next: takes new keys, reseals tokens, retires old keys.
///
/// The store holds a check for a key before anything is sealed with it and until nothing is. A start therefore asks for
/// every key that some token needs. An interrupted rotation continues at the next start, since each token names its
/// key.
package actor KeyRotation {
    package struct Progress: Equatable, Sendable {
        /// The share of the store already walked, 0 to 1; nil when no walk is in progress.
        package fileprivate(set) var share: Double?
        package fileprivate(set) var resealed = 0
        /// Why the latest walk failed; it is retried.
        package fileprivate(set) var failure: String?
    }

    /// Users read and written per batch: some milliseconds, after which other work gets the store.
    private static let usersAtOnce = 500

    package private(set) var progress = Progress()
    private let store: any SealedTokenKeeping
    /// The store's path or server, for messages.
    private let address: String
    private let vault: LiveVault
    private let events: any EventReporting
    private let pause: @Sendable (Duration) async throws -> Void
    private let bell: AsyncStream<Void>
    private let ringer: AsyncStream<Void>.Continuation
    /// Serializes changes of the checks and of the keys.
    private let changes = AsyncMutex()

    /// `pause` is called after each batch that resealed tokens, with the time that the batch took.
    package init(
        store: any SealedTokenKeeping, address: String, vault: LiveVault, events: any EventReporting,
        pause: @escaping @Sendable (_ busy: Duration) async throws -> Void = { _ in }
    ) {
        self.store = store
        self.address = address
        self.vault = vault
        self.events = events
        self.pause = pause
        (bell, ringer) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    package nonisolated var keys: KeyRing { vault.keys }

    // MARK: Keys

    /// Replaces the keys with those that `read` returns, and starts to reseal tokens if necessary.
    ///
    /// Refuses keys that do not open everything in the store, and changes nothing then.
    package func reload(_ read: @Sendable () throws -> KeyRing) async throws {
        try await changes.run { try await take(read) }
    }

    /// Throws `keyDoesNotFit` if another process changed the keys.
    ///
    /// The store then asks for a key that is not among those in use.
    package func verify() async throws(StoreProblem) {
        let checks = try await store.marks().keyChecks
        try KeyCheck(keys: vault.keys).verify(checks, of: address)
    }

    private func take(_ read: @Sendable () throws -> KeyRing) async throws {
        let old = vault.keys
        let new = try read()
        let check = KeyCheck(keys: new)
        while true {
            let checks = try await store.marks().keyChecks
            try check.verify(checks, of: address)
            guard let complete = try check.completing(checks) else { break }
            // The check must be durable before the new key seals anything.
            if try await store.setKeyChecks(complete, replacing: checks) { break }
        }
        let dropped = old.ids.filter { !new.ids.contains($0) }
        if !dropped.isEmpty {
            let used = try await usage().tokens
            if let id = dropped.first(where: { used[$0] != nil }) {
                throw StoreProblem.keyDoesNotFit(
                    place: address, sealedWith: id.description, atHand: new.ids.map(\.description))
            }
        }
        vault.replace(by: new)
        if try await store.marks().keyChecks.count > 1 { progress = Progress(share: 0) }
        if new.ids != old.ids {
            events.report(
                .keysChanged(
                    sealing: new.sealing.id.description, opening: new.ids.dropFirst().map(\.description)))
        }
        ringer.yield()
    }

    // MARK: Tokens

    /// Resumes an interrupted rotation, then reseals tokens whenever the keys change; runs until cancelled.
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

    /// Reseals every token that an older key sealed; afterwards the store asks only for the sealing key.
    ///
    /// Returns how many tokens it resealed. If there is nothing to do, it costs one read of the store's marks.
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
        // The log still holds the replaced tokens.
        try await store.truncateLog()
        let keys = vault.keys
        events.report(
            .tokensResealed(
                count: resealed, key: keys.sealing.id.description, unused: keys.ids.dropFirst().map(\.description)))
        return resealed
    }

    /// Whether the store still asks for an older key at hand, even if no token needs it.
    ///
    /// As long as it does, that key must stay in the key file.
    package func isUnfinished() async throws -> Bool {
        try await !Self.outdated(store.marks().keyChecks, under: vault.keys).isEmpty
    }

    private static func outdated(_ checks: [SealedToken], under keys: KeyRing) -> [SealedToken] {
        checks.filter { check in
            keys.keyID(of: check).map { $0 != keys.sealing.id && keys.key($0) != nil } ?? false
        }
    }

    /// Removes the checks of keys that seal no token; returns false if the keys or the checks changed meanwhile.
    ///
    /// A store writes in the order of the calls, so all seals from before a walk began are stored before the walk ends.
    private func letGo(_ outdated: [SealedToken], under keys: KeyRing) async throws -> Bool {
        try await changes.run {
            guard vault.keys.sealing.id == keys.sealing.id else { return false }
            let checks = try await store.marks().keyChecks
            let kept = checks.filter { !outdated.contains($0) }
            return kept == checks ? true : try await store.setKeyChecks(kept, replacing: checks)
        }
    }

    /// Walks the store once; returns false if it may have missed tokens because a token or the keys changed meanwhile.
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
            guard vault.keys.sealing.id == keys.sealing.id else { return false }
            let changes = try texts.compactMap { text in try sealer.resealed(text).map { (old: text, new: $0) } }
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

    /// Counts the store's tokens by key; reads the whole store.
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

    /// Gives up the tokens that no key at hand opens; calls `parking` with their users first, batch by batch.
    ///
    /// Afterwards the store asks only for the keys at hand. Returns how many tokens were given up.
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
            count += try await store.reseal(lost.map { (old: $0, new: $0.sealed.givenUp) })
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

/// Why lost keys are not given up.
package enum KeyRotationProblem: Error {
    /// Another process is changing the keys.
    case isChanging
}
