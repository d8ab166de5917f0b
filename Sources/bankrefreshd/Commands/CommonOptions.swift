import ArgumentParser
import ControlPlane
import Host
import RefreshConfiguration
import RefreshCore
import RefreshDaemon

/// What every command takes.
struct CommonOptions: ParsableArguments {
    @OptionGroup var file: ConfigurationOption

    @Flag(help: "Print JSON.")
    var json = false

    /// The running daemon; throws when there is none.
    func daemon() throws -> ControlClient {
        let client = ControlClient(socketPath: try file.load().controlSocket)
        if let unreachable = client.whyUnreachable() { throw CommandFailure(unreachable) }
        return client
    }

    /// The running daemon, else the store by itself.
    func operations() async throws -> any FleetOperating {
        let configuration = try file.load()
        let client = ControlClient(socketPath: configuration.controlSocket)
        switch client.whyUnreachable() {
        case nil: return client
        case .noSocket, .refused: break
        case let unreachable?: throw CommandFailure(unreachable)
        }
        let keys = try KeySource(file: file.path).keys(configuration.store.key)
        let store = try await StoreOpening.open(configuration.store, keys: keys)
        return StoreOperations(
            store: store.store, vault: store.vault, time: WallClock(), policies: configuration.policies,
            version: Version.text)
    }

    static func userID(_ text: String) throws -> UserID {
        do { return try UserID(text) } catch {
            throw CommandFailure(.badData, "\"\(text.sanitized(limit: 60))\": \(error)")
        }
    }

    static func groupName(_ text: String?) throws -> GroupName? {
        guard let text else { return nil }
        guard let group = GroupName(text) else {
            throw CommandFailure(
                .badData, "\"\(text.sanitized(limit: 60))\" is no group name",
                remedy: "1 to 64 letters, digits, dots, underscores and hyphens")
        }
        return group
    }

    static func timestamp(_ text: String, option: String) throws -> Timestamp {
        guard let moment = Timestamp(rfc3339: text) else {
            throw CommandFailure(
                .usage, "\(option): \"\(text)\" is no moment", remedy: "write it as 2027-01-31T12:00:00Z")
        }
        return moment
    }

    static func duration(_ text: String, option: String) throws -> Duration {
        guard let duration = Duration(text: text), duration > .zero else {
            throw CommandFailure(
                .usage, "\(option): \"\(text)\" is no length of time", remedy: "write it as 90m, 4h or 7d")
        }
        return duration
    }
}
