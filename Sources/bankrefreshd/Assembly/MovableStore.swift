import Glibc
import PostgreSQLStore
import RefreshConfiguration
import RefreshCore
import RefreshDaemon
import SQLiteStore

/// Opens stores without their keys, to copy from or to, even if they are closed to other use.
enum MovableStore {
    /// The store of a configuration; read before root gives up its rights, because only root may read a password.
    struct Location {
        fileprivate let settings: StoreSettings
        /// Nil if the store is a file.
        fileprivate let server: ConnectionSettings?

        init(_ configuration: Configuration, file: String) throws {
            settings = configuration.store
            server = try ConnectionSettings(configuration.store, file: file)
        }

        var isOnServer: Bool { server != nil }
        var address: String { server?.place ?? settings.sqlitePath }
        fileprivate var path: String { settings.sqlitePath }
    }

    /// As root, switches to the owner of the directory of the file that is copied from or to.
    static func assumeOwner(of locations: Location...) throws {
        guard let location = locations.first(where: { !$0.isOnServer }) ?? locations.first else { return }
        try StoreOwner.assume(for: location.path)
    }

    /// Opens an existing store; its tokens must belong to `address` unless that is nil.
    static func open(_ location: Location, address: String? = nil) async throws -> any OpenStore {
        if let server = location.server {
            let found = try ServerExamination.examine(server)
            if let problem = found.problems.first { throw problem }
            guard found.isThere else {
                throw CommandFailure(.badData, "there is no store at \(server.place)")
            }
        } else {
            try BackupTarget.checkStore(location.path)
        }
        return try await open(location, mustExist: true, address: address)
    }

    /// Opens a store, or makes one if there is none.
    static func openOrMake(_ location: Location) async throws -> any OpenStore {
        if !location.isOnServer {
            try StoreOpening.checkDirectory(of: location.path)
            if let obstacle = StoreOpening.obstacle(toStoreAt: location.path) {
                throw CommandFailure(obstacle, at: "store.sqlite.path")
            }
        }
        return try await open(location, mustExist: false, address: nil)
    }

    private static func open(
        _ location: Location, mustExist: Bool, address: String?
    ) async throws -> any OpenStore {
        let place = location.address
        let verify: @Sendable (StoreMarks) throws(StoreProblem) -> Void = { marks throws(StoreProblem) in
            try StoreOpening.checkEnvironment(marks, of: place, address: address)
        }
        if let server = location.server {
            return try await PostgreSQLUserStore.open(
                server, name: StoreOpening.commandName, version: Version.text, verifying: verify)
        }
        do {
            return try SQLiteUserStore.open(
                path: location.path, version: Version.text, now: Calendar.now, cache: 64_000, mustExist: mustExist,
                verifying: verify)
        } catch {
            guard case .heldByAnother = error else { throw error }
            throw CommandFailure(.tryLater, error.description, remedy: "stop it first: systemctl stop bankrefreshd")
        }
    }
}
