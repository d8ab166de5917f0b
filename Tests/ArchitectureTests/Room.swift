/// A folder of `Sources` that one target is built from, and what it may see.
struct Room {
    enum Sight {
        /// These modules, and the standard library.
        case only(Set<String>)
        /// Any module but these.
        case anythingBut(Set<String>)

        func includes(_ module: String) -> Bool {
            switch self {
            case .only(let allowed): allowed.contains(module) || module == "Swift"
            case .anythingBut(let forbidden): !forbidden.contains(module)
            }
        }
    }

    let folder: String
    let sight: Sight

    func holds(_ path: String) -> Bool { path.hasPrefix("Sources/\(folder)/") }

    /// The modules of the daemon, which its stand-in for Tight must share no code with.
    static let daemonModules: Set<String> = [
        "ControlPlane", "CPostgreSQL", "CSystemd", "CZlib", "FleetMetrics", "Forecast", "Host", "PostgreSQLStore",
        "RefreshConfiguration",
        "RefreshCore",
        "RefreshDaemon", "SQLiteStore", "TightAPI", "TokenVault", "UserImport", "WebPage", "bankrefreshd",
    ]

    static let all: [Room] = [
        Room(folder: "RefreshCore", sight: .only(["Synchronization"])),
        Room(folder: "RefreshDaemon", sight: .only(["RefreshCore", "Synchronization"])),
        Room(folder: "Forecast", sight: .only(["RefreshCore"])),
        // Glibc reads the file.
        Room(folder: "RefreshConfiguration", sight: .only(["FoundationEssentials", "Glibc", "RefreshCore"])),
        Room(folder: "UserImport", sight: .only(["FoundationEssentials", "RefreshCore", "RefreshDaemon"])),
        Room(
            folder: "TightAPI",
            sight: .only([
                "CZlib", "FoundationEssentials", "Glibc", "NIOCore", "NIOHPACK", "NIOHTTP1", "NIOHTTP2",
                "NIOPosix", "NIOSSL", "NIOTLS", "RefreshCore", "SwiftASN1", "Synchronization",
            ])
        ),
        Room(
            folder: "UserStores/SQLite",
            sight: .only([
                "Dispatch", "FoundationEssentials", "GRDB", "GRDBSQLite", "Glibc", "RefreshCore", "Synchronization",
            ])
        ),
        Room(folder: "TokenVault", sight: .only(["Crypto", "FoundationEssentials", "RefreshCore", "Synchronization"])),
        Room(
            folder: "Host",
            sight: .only(["CSystemd", "Dispatch", "Glibc", "RefreshCore", "RefreshDaemon", "Synchronization"])
        ),
        Room(folder: "FleetMetrics", sight: .only(["RefreshCore", "RefreshDaemon", "Synchronization"])),
        Room(
            folder: "ControlPlane",
            sight: .only([
                "AsyncHTTPClient", "FoundationEssentials", "Glibc", "HTTPTypes", "HummingbirdCore", "Logging",
                "NIOCore", "NIOHTTP1", "NIOPosix", "RefreshCore", "RefreshDaemon", "ServiceLifecycle",
                "Synchronization",
            ])
        ),
        Room(
            folder: "WebPage",
            sight: .only([
                "Crypto", "FleetMetrics", "FoundationEssentials", "Glibc", "HTTPTypes", "HummingbirdCore",
                "Logging", "NIOCore", "NIOPosix", "RefreshCore", "RefreshDaemon", "ServiceLifecycle",
                "Synchronization",
            ])
        ),
        Room(folder: "bankrefreshd", sight: .anythingBut(["TightSandbox"])),
        Room(folder: "TightSandbox", sight: .anythingBut(daemonModules.subtracting(["RefreshCore"]))),
        Room(folder: "tight-sandbox", sight: .anythingBut(daemonModules.subtracting(["RefreshCore"]))),
    ]
}
