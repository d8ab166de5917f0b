import Foundation
import Testing

/// The machine on which everything happens: systemd is its first process, and `make install` was run on it.
struct Machine {
    static let configurationDirectory = "/etc/bankrefreshd"
    static let stateDirectory = "/var/lib/bankrefreshd"
    static let keyPath = "\(configurationDirectory)/store-key"
    static let configurationPath = "\(configurationDirectory)/config.json"
    static let storePath = "\(stateDirectory)/store.sqlite"
    static let socketPath = "/run/bankrefreshd/control.sock"
    private static let dropInDirectory = "/etc/systemd/system/bankrefreshd.service.d"

    /// Leaves the machine as after the installation: no configuration, no users, nothing running.
    static func prepared() async throws {
        let environment = ProcessInfo.processInfo.environment
        guard environment["WITH_SYSTEMD"] == "1" else { throw NoMachine.notUnderSystemd }
        guard let binary = environment["BANKREFRESHD_BINARY"] else { throw NoMachine.noBinary }
        if !FileManager.default.fileExists(atPath: "/usr/bin/bankrefreshd") { try await install(binary) }
        try await Tool.run("systemctl", "stop", "bankrefreshd").succeeded()
        // Fails where there is nothing to reset.
        try await Tool.run("systemctl", "reset-failed", "bankrefreshd")
        try? FileManager.default.removeItem(atPath: dropInDirectory)
        try await Tool.run("systemctl", "daemon-reload").succeeded()
        for directory in [configurationDirectory, stateDirectory] {
            for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
                try FileManager.default.removeItem(atPath: "\(directory)/\(name)")
            }
        }
    }

    private static func install(_ binary: String) async throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().path()
        let release = URL(filePath: binary).deletingLastPathComponent().path()
        try await Tool.run("make", "-C", root, "install", "release=\(release)").succeeded()
    }

    /// Changes the unit as `systemctl edit` does.
    static func addDropIn(_ text: String) async throws {
        try FileManager.default.createDirectory(atPath: dropInDirectory, withIntermediateDirectories: true)
        let name = "\(dropInDirectory)/\(UUID()).conf"
        try text.write(toFile: name, atomically: false, encoding: .utf8)
        try await Tool.run("systemctl", "daemon-reload").succeeded()
    }
}

/// Why these tests cannot run here.
enum NoMachine: Error, CustomStringConvertible {
    case notUnderSystemd, noBinary

    var description: String {
        switch self {
        case .notUnderSystemd:
            "the system tests install the daemon and need a machine of their own: run `make test`, or leave them out "
                + "with `swift test --skip SystemTests`"
        case .noBinary:
            "$BANKREFRESHD_BINARY does not name the release binary, or $BANKREFRESHD_FRONTS the web servers: "
                + "run `make test`"
        }
    }
}
