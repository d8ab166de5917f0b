package import RefreshCore

/// What daemons that share a store have to agree on: the rules of users, the limits of calls, and what is kept of both.
///
/// Written as a text with every value, and the names of those that are not the default: another version can take a text
/// that sets nothing that it does not know, and keeps what it does not know.
package struct SharedSettings: Equatable, Sendable {
    /// The address of the API, which no reload changes: tokens of the store belong to it.
    package let server: String
    /// Everything else is at its default.
    package private(set) var configuration: Configuration
    /// Keys of another version, which are at their defaults.
    private var unknown: [JSONMember] = []

    private static let sections: Set<String> = ["schedule", "groups", "backoff", "limits", "breaker", "history"]
    /// What a stop of this host's unit waits for.
    private static let own = SettingPath("limits", "drain")
    private static let table = Configuration.table.filter { sections.contains($0.name) }
    static let leaves = table.flatMap { $0.leaves() }.filter { $0.path != own }

    package init(of configuration: Configuration) {
        server = configuration.api.server.description
        self.configuration = .default
        for leaf in Self.leaves { leaf.value.copy(configuration, &self.configuration) }
        self.configuration.groups = configuration.groups
    }

    /// In the order of the reference; `old` and `new` in words.
    package func changes(from old: SharedSettings) -> [ConfigurationChange] {
        configuration.changes(from: old.configuration)
    }

    /// The file's values and the fleet's, where they differ.
    package func differences(from fleet: SharedSettings) -> [SettingDifference] {
        changes(from: fleet).map { SettingDifference(path: $0.path, file: $0.new, fleet: $0.old) }
    }

    /// These with what differs between two states of a file, and nothing else of it.
    ///
    /// Throws where the values do not go together.
    package func taking(
        changesFrom old: SharedSettings, to new: SharedSettings
    ) throws(ConfigurationProblems) -> SharedSettings {
        let (old, new) = (old.configuration, new.configuration)
        var merged = configuration
        for leaf in Self.leaves where leaf.value.write(old) != leaf.value.write(new) { leaf.value.copy(new, &merged) }
        merged.groups = GroupSettings.taking(
            changesFrom: old.groups, to: new.groups, over: configuration.groups, standard: merged.standard)
        // A text that means the same is read with all that is wrong with it.
        var result = self
        result.configuration = SharedSettings(of: try Configuration(text: merged.text)).configuration
        return result
    }
}

extension Configuration {
    /// This configuration with the fleet's settings in the place of its own.
    package func following(_ shared: SharedSettings) -> Configuration {
        var result = self
        for leaf in SharedSettings.leaves { leaf.value.copy(shared.configuration, &result) }
        result.groups = shared.configuration.groups
        return result
    }
}

extension SharedSettings {
    /// Why a text cannot be taken: what another version wrote into it.
    package struct Problem: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    package var text: String {
        let values = Self.leaves.map { (key: $0.path.description, value: $0.value.write(configuration)) }
        let changed = Self.leaves.filter { $0.value.write(configuration) != $0.value.write(.default) }
        return JSONValue.object([
            ("api", .string(server)),
            ("values", .object(values + unknown.map { (key: $0.key, value: $0.node.value) })),
            ("groups", GroupSettings.entries.write(configuration)),
            ("set", .array(changed.map { JSONNode(value: .string($0.path.description), position: .start) })),
        ]).compactText
    }

    package init(text: String) throws(Problem) {
        guard let file = try? ConfigurationFile(text: text), case .object(let parts) = file.root.value,
            case .object(let values)? = parts.first(where: { $0.key == "values" })?.node.value,
            case .array(let set)? = parts.first(where: { $0.key == "set" })?.node.value,
            let groups = parts.first(where: { $0.key == "groups" })?.node,
            case .string(let server)? = parts.first(where: { $0.key == "api" })?.node.value
        else { throw Problem(description: "they have another form") }
        self.server = server
        configuration = .default
        for leaf in Self.leaves {
            guard let member = values.first(where: { $0.key == leaf.path.description }) else { continue }
            do { try leaf.value.read(member.node.value, &configuration) } catch {
                throw Problem(description: "\(leaf.path): \(error.reason)")
            }
        }
        let known = Set(Self.leaves.map(\.path.description))
        unknown = values.filter { !known.contains($0.key) }
        if let key = unknown.first(where: { member in set.contains { $0.value == .string(member.key) } })?.key {
            throw Problem(description: "\(key.sanitized(limit: 100)): no such key")
        }
        var reader = SettingsReader(everyPath: [])
        GroupSettings.entries.read(groups, SettingPath("groups"), &configuration, &reader)
        if let problem = reader.problems.first {
            throw Problem(description: "\(problem.path): \(problem.reason)")
        }
    }
}
