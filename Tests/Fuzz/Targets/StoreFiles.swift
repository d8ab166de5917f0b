import Dispatch
import Foundation
import RefreshCore
import SQLiteStore
import Synchronization
import TokenVault

extension FuzzTarget {
    /// A store whose file was changed: what is read of it is an error, or a user whose token is its own.
    ///
    /// An input is three bytes for each change: two for the place among those that are not zero, and one that is put there
    /// by exclusive or.
    static let store = FuzzTarget("store", longest: 64) { input throws(Finding) in
        let made = try obtain("a store is made") { try MadeStore.shared.get() }
        let path = MadeStore.directory + "/\(UInt64.random(in: .min ... .max)).sqlite"
        var bytes = made.bytes
        var input = FuzzInput(input)
        while !input.isEmpty {
            let place = Int(input.byte()) << 8 | Int(input.byte())
            bytes[made.places[place % made.places.count]] ^= input.byte()
        }
        _ = try obtain("a copy is written") { try Data(bytes).write(to: URL(filePath: path)) }
        let isWhole = bytes == made.bytes
        try waitFor { () async -> Finding? in
            do throws(Finding) {
                try await made.check(path, isWhole: isWhole)
                return nil
            } catch {
                // The bytes of keys and places differ from one process to the next: the input does not give them again.
                return Finding(description: "\(error), in \(path)")
            }
        }
        // A finding keeps its file.
        for end in ["", "-wal", "-shm", ".lock"] { try? FileManager.default.removeItem(atPath: path + end) }
    }

    /// Waits on this thread, which is none of those that run tasks.
    private static func waitFor(_ body: @escaping @Sendable () async -> Finding?) throws(Finding) {
        let found = Mutex<Finding?>(nil)
        let isDone = DispatchSemaphore(value: 0)
        Task.detached {
            let finding = await body()
            found.withLock { $0 = finding }
            isDone.signal()
        }
        isDone.wait()
        if let finding = found.withLock(\.self) { throw finding }
    }
}

/// A small store, and what is in it.
private struct MadeStore: Sendable {
    static let shared = Result { try MadeStore() }
    /// Of this process alone, and gone with it unless it is ended by a finding.
    static let directory = NSTemporaryDirectory() + "/fuzz-\(UInt64.random(in: .min ... .max))"

    let bytes: [UInt8]
    /// Where they are not zero, as most of them are: there is nothing else to change.
    let places: [Int]
    private let vault: TokenSealer
    private let tokens: [UserID: AccessToken]

    private init() throws {
        guard let key = StoreKey([UInt8](repeating: 1, count: 32)) else { throw Finding(description: "no key") }
        let vault = TokenSealer(keys: KeyRing(sealing: key))
        try FileManager.default.createDirectory(atPath: Self.directory, withIntermediateDirectories: true)
        atexit { try? FileManager.default.removeItem(atPath: MadeStore.directory) }
        let path = Self.directory + "/made.sqlite"
        var tokens: [UserID: AccessToken] = [:]
        for number in 0..<9 {
            tokens[try UserID("user-\(number)")] = try AccessToken("\(MadeUp.token)-\(number)".utf8)
        }
        let users = try tokens.sorted { $0.key < $1.key }.map { id, token in
            NewUser(
                id: id, group: GroupName("gold"), token: try vault.seal(token, as: .access, for: id),
                expiresAt: Self.now.advanced(by: .days(9)), basis: nil, standing: nil)
        }
        let filled = Mutex<Result<Void, any Error>>(.success(()))
        let isDone = DispatchSemaphore(value: 0)
        Task.detached {
            do {
                try await Self.fill(path, users)
            } catch {
                filled.withLock { $0 = .failure(error) }
            }
            isDone.signal()
        }
        isDone.wait()
        try filled.withLock { try $0.get() }
        let bytes = Array(try Data(contentsOf: URL(filePath: path)))
        self.bytes = bytes
        places = bytes.indices.filter { bytes[$0] != 0 }
        self.vault = vault
        self.tokens = tokens
    }

    private static let now = Timestamp(secondsSinceEpoch: 1_900_000_000)

    private static func open(_ path: String) throws(StoreProblem) -> SQLiteUserStore {
        try SQLiteUserStore.open(path: path, version: "1", now: now) { _ in }
    }

    private static func fill(_ path: String, _ users: [NewUser]) async throws {
        let states: [UserState] = [
            .scheduled(due: now), .backingOff(due: now), .parked(.unauthorized, since: now), .paused(nil),
        ]
        let store = try open(path)
        let numbers = Dictionary(uniqueKeysWithValues: users.enumerated().map { ($1.id, $0) })
        _ = try await store.put(
            users,
            added: { new, place in
                User(
                    id: new.id, place: place, group: new.group, state: states[(numbers[new.id] ?? 0) % states.count],
                    record: User.Record(slot: now))
            }, replaced: { $1 })
        try store.close()
    }

    /// All that a daemon and its commands read; of a store that is whole, everything has to be there.
    func check(_ path: String, isWhole: Bool) async throws(Finding) {
        // As `store verify` does, which is for stores that may be damaged.
        let (vault, tokens) = (vault, tokens)
        let foreign = Mutex<UserID?>(nil)
        let examined = try? StoreExamination.examine(path, verifying: { _ in }) { text in
            guard let token = try? vault.open(text.sealed, as: text.kind, for: text.id) else { return false }
            if token != tokens[text.id] { foreign.withLock { $0 = text.id } }
            return true
        }
        if let id = foreign.withLock(\.self) {
            throw Finding(description: "an examination opens a token of \(id) that is not its own")
        }
        let isSound = examined.map { $0.damage.isEmpty && $0.unopened.count == 0 } ?? false
        try require(isSound || !isWhole, "an examination finds fault with a whole store")
        let store: SQLiteUserStore
        do throws(StoreProblem) { store = try Self.open(path) } catch {
            return try require(!isWhole, "a whole store does not open: \(error)")
        }
        defer { try? store.close() }
        _ = try? await store.census(now: Self.now)
        _ = try? await store.clockMark()
        _ = try? await store.fleetPause()
        _ = try? await store.raisedAlerts()
        _ = try? await store.nextDue()
        let until = Self.now.advanced(by: .minutes(5))
        let leased = (try? await store.leaseDue(now: Self.now, until: until, limit: 20)) ?? []
        for user in leased.map(\.user) { _ = try await opens(user.id, in: store) }
        let listed = (try? await store.users(matching: .all, after: nil, limit: 100)) ?? []
        var opened = 0
        for user in listed {
            _ = try? await store.history(of: user.id, before: nil, limit: 9)
            let isOpen = try await opens(user.id, in: store)
            try require(isOpen != false || !isSound, "no token of \(user.id) opens in a store that is sound")
            if isOpen == true { opened += 1 }
        }
        try require(opened == tokens.count || !isWhole, "\(opened) of \(tokens.count) tokens open in a whole store")
    }

    /// Whether the user has a token that opens, nil where the store says that it cannot be read; throws if it is another's.
    private func opens(_ id: UserID, in store: SQLiteUserStore) async throws(Finding) -> Bool? {
        guard let found = try? await store.tokens(of: [id]).first else { return nil }
        guard let stored = found, let token = try? vault.open(stored.access, as: .access, for: id) else { return false }
        try require(tokens[id] == token, "\(id) has a token that is not its own")
        return true
    }
}
