// swift-tools-version: 6.2
import PackageDescription

// Whether this build is for `make fuzz`, which instruments the project's modules for libFuzzer.
let isFuzzed = Context.environment["BANKREFRESHD_FUZZ"] != nil
let guided: [SwiftSetting] =
    isFuzzed ? [.unsafeFlags(["-sanitize=fuzzer", "-parse-as-library", "-O", "-assert-config", "Debug"])] : []

let strict: [SwiftSetting] =
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .treatAllWarnings(as: .error),
    ] + guided

// Optimised in debug builds too, with assertions: simulations run years of virtual time here, and tests of the shared
// store write tens of thousands of users as arrays.
let optimised: [SwiftSetting] =
    strict + [.unsafeFlags(["-O", "-assert-config", "Debug"], .when(configuration: .debug))]

let package = Package(
    name: "bankrefreshd",
    products: [
        .executable(name: "bankrefreshd", targets: ["bankrefreshd"]),
        .executable(name: "tight-sandbox", targets: ["tight-sandbox"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1.git", exact: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates.git", exact: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto.git", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-http2.git", exact: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", exact: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift.git", exact: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", exact: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/async-http-client.git", exact: "1.37.0", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", exact: "2.13.0"),
    ],
    targets: [
        // The rules. Standard library only.
        .target(name: "RefreshCore", swiftSettings: optimised),
        // The daemon's work, behind ports: scheduling, refreshing, settling, draining, reloading.
        .target(name: "RefreshDaemon", dependencies: ["RefreshCore"], swiftSettings: optimised),
        // The configuration: the file as written, and what it means.
        .target(name: "RefreshConfiguration", dependencies: ["RefreshCore"], swiftSettings: strict),
        // Files of users and tokens, read row by row.
        .target(name: "UserImport", dependencies: ["RefreshCore", "RefreshDaemon"], swiftSettings: strict),
        // One HTTPS call, one outcome.
        .target(
            name: "TightAPI",
            dependencies: [
                "CNghttp2", "CZlib", "RefreshCore",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
            ],
            swiftSettings: strict
        ),
        // The embedded store.
        .target(
            name: "SQLiteStore",
            dependencies: [
                "RefreshCore",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            path: "Sources/UserStores/SQLite",
            swiftSettings: strict
        ),
        // The store that daemons can share, on a PostgreSQL server.
        .target(
            name: "PostgreSQLStore",
            dependencies: ["CLibpq", "RefreshCore"],
            path: "Sources/UserStores/PostgreSQL",
            swiftSettings: optimised
        ),
        // Sealing and opening tokens.
        .target(
            name: "TokenVault",
            dependencies: ["RefreshCore", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict
        ),
        // The host: the Dispatch timer, systemd, the journal, credentials.
        .target(
            name: "Host",
            dependencies: ["RefreshCore", "RefreshDaemon", "CSystemd"],
            swiftSettings: strict
        ),
        // The control socket and its client.
        .target(
            name: "ControlPlane",
            dependencies: [
                "RefreshCore", "RefreshDaemon",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),
        // Metrics, the status page with the health checks, and the plan of upcoming calls.
        .target(
            name: "Monitoring",
            dependencies: [
                "CCrypt", "RefreshCore", "RefreshDaemon",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),
        // The part of ICU's data that the daemon needs, if `make build` has written it: see CONTRIBUTING.md.
        .target(name: "ICUData", cSettings: [.headerSearchPath("../../.build/icu")]),
        .systemLibrary(name: "CCrypt", pkgConfig: "libcrypt", providers: [.apt(["libcrypt-dev"])]),
        .systemLibrary(name: "CLibpq", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CNghttp2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
        .systemLibrary(name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        // The only module that depends on all the others.
        .executableTarget(
            name: "bankrefreshd",
            dependencies: [
                "ControlPlane", "Host", "ICUData", "Monitoring", "PostgreSQLStore", "RefreshConfiguration",
                "RefreshCore", "RefreshDaemon", "SQLiteStore", "TightAPI", "TokenVault", "UserImport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),

        // A stand-in for Tight that follows its contract and can be told to fail. Never installed.
        .target(
            name: "TightSandbox",
            dependencies: [
                "RefreshCore",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "tight-sandbox",
            dependencies: [
                "RefreshCore", "TightSandbox",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),

        // Measures the store by itself, for `make bench`.
        .executableTarget(
            name: "StoreBenchmark",
            dependencies: ["RefreshCore", "SQLiteStore"],
            path: "Benchmarks/StoreBenchmark",
            swiftSettings: strict
        ),
        // The same for the store that daemons share.
        .executableTarget(
            name: "SharedStoreBenchmark",
            dependencies: ["CLibpq", "PostgreSQLStore", "RefreshCore"],
            path: "Benchmarks/SharedStoreBenchmark",
            swiftSettings: optimised
        ),

        .target(
            name: "TestSupport",
            dependencies: ["RefreshCore", "RefreshDaemon"],
            path: "Tests/TestSupport",
            swiftSettings: optimised
        ),
        .testTarget(name: "ArchitectureTests", swiftSettings: strict),
        .testTarget(
            name: "RefreshCoreTests",
            dependencies: ["RefreshCore", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "HealthTests",
            dependencies: ["Monitoring", "RefreshCore", "RefreshDaemon", "bankrefreshd"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "RefreshDaemonTests",
            dependencies: ["RefreshCore", "RefreshDaemon", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "SimulationTests",
            dependencies: ["RefreshConfiguration", "RefreshCore", "RefreshDaemon", "TestSupport"],
            exclude: ["Sabotage"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "RefreshConfigurationTests",
            dependencies: ["RefreshConfiguration", "RefreshCore"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "StoreContractTests",
            dependencies: [
                "PostgreSQLStore", "RefreshCore", "RefreshDaemon", "SQLiteStore", "TestSupport",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "UserImportTests",
            dependencies: ["RefreshCore", "RefreshDaemon", "TestSupport", "UserImport", "bankrefreshd"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "TokenVaultTests",
            dependencies: ["RefreshCore", "TestSupport", "TokenVault"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "TightAPITests",
            dependencies: [
                "CZlib", "Host", "RefreshCore", "TightAPI", "TightSandbox", "TestSupport",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "HostTests",
            dependencies: ["CSystemd", "Host", "RefreshCore", "RefreshDaemon", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "MonitoringTests",
            dependencies: [
                "Host", "Monitoring", "RefreshCore", "RefreshDaemon", "TestSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ControlPlaneTests",
            dependencies: [
                "ControlPlane", "RefreshCore", "RefreshDaemon", "TestSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "TightSandboxTests",
            dependencies: [
                "RefreshCore", "TightSandbox",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "RefreshCore", "TestSupport", "TightSandbox", .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict
        ),
        .testTarget(name: "SystemTests", dependencies: ["RefreshCore", "TightSandbox"], swiftSettings: strict),
    ]
)

// One folder, built as tests that replay its inputs, or as the program of `make fuzz`, which looks for new ones.
let fuzzed: [Target.Dependency] = [
    "CSystemd", "Host", "RefreshConfiguration", "RefreshCore", "RefreshDaemon", "SQLiteStore", "TestSupport",
    "TightAPI", "TokenVault", "UserImport",
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOEmbedded", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]
let unbuilt = ["Corpus", "Sabotage", "authority.pem", "run", "words.dict"]
package.targets.append(
    isFuzzed
        ? .executableTarget(
            name: "Fuzz", dependencies: fuzzed, path: "Tests/Fuzz", exclude: ["Replay"] + unbuilt,
            swiftSettings: strict, linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])])
        : .testTarget(
            name: "FuzzTests", dependencies: fuzzed, path: "Tests/Fuzz",
            exclude: ["Program"] + unbuilt,
            swiftSettings: strict))
