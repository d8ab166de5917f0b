import PostgreSQLStore
import RefreshConfiguration
import RefreshCore
import SQLiteStore
import TokenVault

extension StoreOpening {
    /// A store that was opened, of either kind.
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

        /// For what concerns files; nil where the store is on a server.
        var file: SQLiteUserStore? {
            guard case .file(let store) = backing else { return nil }
            return store
        }

        /// Makes this daemon one of those that share the store; nil where it has the store to itself.
        func joiningFleet() -> (any FleetSharing)? {
            guard case .server(let store) = backing else { return nil }
            return store.fleet(version: Version.text)
        }

        /// Tells, once, of a store that moved here; twice if the process ends in between.
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

        /// `configuration` with what the daemons that share the store follow, whatever its file says.
        ///
        /// What another version wrote there is no reason to refuse a command: calls are the daemons' to make.
        func followed(by configuration: Configuration) async throws(StoreProblem) -> Configuration {
            guard let settings = try await store.fleetSettings(), let shared = try? SharedSettings(text: settings.text)
            else { return configuration }
            return configuration.following(shared)
        }

        /// For messages.
        var place: String {
            switch backing {
            case .file(let store): store.path
            case .server(let store): store.place
            }
        }

        /// Whether it is empty and no daemon has worked with it: it may have been made new by a command that only looked.
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
