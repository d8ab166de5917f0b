import PostgreSQLStore
import RefreshConfiguration
import RefreshCore
import SQLiteStore
import TokenVault

extension StoreOpening {
    /// An open store of either kind.
    struct Opened {
        enum Backing {
            case file(SQLiteUserStore)
            case server(PostgreSQLUserStore)
        }

        let backing: Backing
        let vault: LiveVault

        var store: any UserStore & SealedTokenKeeping {
            switch backing {
            case .file(let store): store
            case .server(let store): store
            }
        }

        /// The embedded store; nil if the store is on a server.
        var file: SQLiteUserStore? {
            guard case .file(let store) = backing else { return nil }
            return store
        }

        /// Makes this daemon a member of the fleet that shares the store; nil if the store is not shared.
        func joiningFleet() -> (any FleetSharing)? {
            guard case .server(let store) = backing else { return nil }
            return store.fleet(version: Version.text)
        }

        /// Reports once that the store was moved here; twice if the process ends in between.
        func tellOrigin(to events: any EventReporting) async throws(StoreProblem) {
            let store: any StoreCopying =
                switch backing {
                case .file(let store): store
                case .server(let store): store
                }
            guard let origin = try await store.untoldOrigin() else { return }
            events.report(.storeMoved(origin))
            try await store.noteOriginTold()
        }

        /// `configuration` with the settings that the daemons of the store follow instead of those of its file.
        ///
        /// Settings of another version that cannot be read are ignored: a command makes no calls, so it may go on.
        func followed(by configuration: Configuration) async throws(StoreProblem) -> Configuration {
            guard let settings = try await store.fleetSettings(), let shared = try? SharedSettings(text: settings.text)
            else { return configuration }
            return configuration.following(shared)
        }

        /// The store's path or server, for messages.
        var place: String {
            switch backing {
            case .file(let store): store.path
            case .server(let store): store.place
            }
        }

        /// Whether the store is new, or empty and never used by a daemon: a command that only looked may have made it.
        var isUntried: Bool {
            get async throws(StoreProblem) {
                let isNew =
                    switch backing {
                    case .file(let store): store.isNew
                    case .server(let store): store.isNew
                    }
                if isNew { return true }
                guard try await store.clockMark() == nil else { return false }
                return try await !store.marks().hasUsers
            }
        }

        func close() async throws(StoreProblem) {
            switch backing {
            case .file(let store): try store.close()
            case .server(let store): await store.close()
            }
        }
    }
}
