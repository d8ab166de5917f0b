import PostgreSQLStore
import RefreshCore
import SQLiteStore
import TestSupport

/// Every store the daemon can work with; all of them keep the same promises.
enum Backend: String, CaseIterable, CustomStringConvertible, Sendable {
    case memory, sqlite, postgresql

    var description: String { rawValue }

    /// Runs a test on an empty store of its own; `placing` gives users other places than their own.
    func withStore(
        placing: (@Sendable (UserID) -> Place)? = nil,
        _ test: (OpenedStore) async throws -> Void
    ) async throws {
        switch self {
        case .memory:
            try await test(.memory(MemoryUserStore(seed: .random(in: 1 ... .max), placing: placing)))
        case .sqlite:
            try await withTemporaryDirectory { directory in
                try await test(.sqlite(path: directory + "/users.sqlite", placing: placing))
            }
        case .postgresql:
            try await withPostgreSQLDatabase { settings in
                try await test(.postgresql(settings, placing: placing))
            }
        }
    }
}

/// A store, and the way to close it and open it again as the daemon's next life does.
struct OpenedStore {
    let store: any UserStore & SealedTokenKeeping
    let reopened: () async throws -> OpenedStore

    static func memory(_ store: MemoryUserStore) -> OpenedStore {
        OpenedStore(store: store) { .memory(store.reopened()) }
    }

    static func sqlite(path: String, placing: (@Sendable (UserID) -> Place)?) throws -> OpenedStore {
        let store = try SQLiteUserStore.open(path: path, version: "1", now: .now, placing: placing) { _ in }
        return OpenedStore(store: store) {
            try store.close()
            return try .sqlite(path: path, placing: placing)
        }
    }

    static func postgresql(
        _ settings: ConnectionSettings, placing: (@Sendable (UserID) -> Place)?
    ) async throws -> OpenedStore {
        let store = try await PostgreSQLUserStore.open(
            settings, name: "test", version: "1", lock: "test", leaseClock: .caller, placing: placing
        ) { _ in }
        return OpenedStore(store: store) {
            await store.close()
            return try await .postgresql(settings, placing: placing)
        }
    }
}

extension UserStore {
    /// Removes one user and sweeps; false when there is none.
    func remove(_ id: UserID) async throws(StoreProblem) -> Bool {
        let removals = try await remove([id], unlessAddedSince: nil)
        try await sweep()
        return removals == [.removed]
    }
}
