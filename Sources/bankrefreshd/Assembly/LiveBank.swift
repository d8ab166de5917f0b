import Host
import RefreshConfiguration
import RefreshDaemon
import Synchronization
import TightAPI

/// The client of the Tight API as a part that a reload changes: made anew when what it is made of did.
final class LiveBank: LivePart {
    private struct Ingredients {
        var settings: TightClientSettings
        /// What was in the file of certificates; nil without one.
        var authorities: [UInt8]?
    }

    let client: LiveClient<TightClient>
    private let ingredients: Mutex<Ingredients>

    init(_ configuration: Configuration) throws {
        let settings = try TightClientSettings(configuration, version: Version.text)
        let authorities = Self.content(of: settings.caFile)
        ingredients = Mutex(Ingredients(settings: settings, authorities: authorities))
        client = LiveClient(try Self.makeClient(settings)) { await $0.shutdown() }
    }

    func prepare(_ configuration: Configuration) throws -> PreparedChange {
        let new = Ingredients(
            settings: try TightClientSettings(configuration, version: Version.text),
            authorities: Self.content(of: configuration.api.caFile))
        let old = ingredients.withLock { $0 }
        var comparable = new.settings
        comparable.timeout = old.settings.timeout
        // A file that cannot be read is no reason to keep the old client: making the new one tells what is wrong.
        let isUnreadable = new.authorities == nil && new.settings.caFile != nil
        guard comparable != old.settings || new.authorities != old.authorities || isUnreadable else {
            return PreparedChange { [self] in
                client.current.configure(timeout: new.settings.timeout)
                ingredients.withLock { $0 = new }
            }
        }
        let made = try Self.makeClient(new.settings)
        let isRenewed = new.settings.caFile == old.settings.caFile && new.authorities != old.authorities
        return PreparedChange(notes: isRenewed ? ["api.caFile: content changed"] : []) { [self] in
            client.replace(with: made)
            ingredients.withLock { $0 = new }
        } discard: {
            Task { await made.shutdown() }
        }
    }

    /// What keeps a client from being made of a configuration; nil when one can be.
    static func problem(with configuration: Configuration) async -> ConfigurationProblem? {
        do {
            try await makeClient(try TightClientSettings(configuration, version: Version.text)).shutdown()
            return nil
        } catch {
            // Such texts begin with the key that they are about.
            let parts = CommandFailure(describing: error).message.split(separator: ": ", maxSplits: 1).map(String.init)
            return ConfigurationProblem(with: parts.count == 2 ? parts[0] : "api", reason: parts.last ?? "")
        }
    }

    private static func makeClient(_ settings: TightClientSettings) throws -> TightClient {
        try TightClient(settings: settings, now: { WallClock().now })
    }

    private static func content(of path: String?) -> [UInt8]? {
        guard let path, let source = try? ByteSource(path: path) else { return nil }
        var bytes: [UInt8] = []
        do {
            while let chunk = try source.next() { bytes += chunk }
        } catch {
            return nil
        }
        return bytes
    }
}
