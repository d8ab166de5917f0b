package import RefreshCore

/// The settings on which daemons that share a store must agree: rules of users, limits of calls, and history.
///
/// They are written as a text with every value, and with the names of values that are not the default. Another version
/// accepts the text if it knows all of those names, and keeps the values that it does not know.
package struct SharedSettings: Equatable, Sendable {
    /// The address of the API, which a reload does not change: the tokens in the store belong to it.
    package let server: String
    /// Settings that are not shared have their default.
    package private(set) var configuration: Configuration
    /// Keys of another version, whose values are the defaults.
    private var unknown: [JSONMember] = []

    private static let sections: Set<String> = ["schedule", "groups", "backoff", "limits", "breaker", "history"]
    /// Not shared: it belongs to this host's unit and how it stops.
    private static let own = SettingPath("limits", "drain")
    private static let table = Configuration.table.filter { sections.contains($0.name) }
    static let leaves = table.flatMap { $0.leaves() }.filter { $0.path != own }

    package init(of configuration: Configuration) {
        server = configuration.api.server.description
        self.configuration = .default
        for leaf in Self.leaves { leaf.value.copy(configuration, &self.configuration) }
        self.configuration.groups = configuration.groups
    }

    /// The changes in the order of the reference, with values for people.
    package func changes(from old: SharedSettings) -> [ConfigurationChange] {
        configuration.changes(from: old.configuration)
    }

    /// The settings whose value in this file differs from the fleet's.
    package func differences(from fleet: SharedSettings) -> [SettingDifference] {
        changes(from: fleet).map { SettingDifference(path: $0.path, file: $0.new, fleet: $0.old) }
    }

    /// These settings with only the differences between two states of a file applied.
    ///
    /// Throws if the resulting values contradict each other.
    package func taking(
        changesFrom old: SharedSettings, to new: SharedSettings
    ) throws(ConfigurationProblems) -> SharedSettings {
        let (old, new) = (old.configuration, new.configuration)
        var merged = configuration
        for leaf in Self.leaves where leaf.value.write(old) != leaf.value.write(new) { leaf.value.copy(new, &merged) }
        merged.groups = GroupSettings.taking(
            changesFrom: old.groups, to: new.groups, over: configuration.groups, standard: merged.standard)
        // Reading a text with the same meaning finds all contradictions.
        var result = self
        result.configuration = SharedSettings(of: try Configuration(text: merged.text)).configuration
        return result
    }
}

extension Configuration {
    /// This configuration with the fleet's settings instead of its own.
    package func following(_ shared: SharedSettings) -> Configuration {
        var result = self
        for leaf in SharedSettings.leaves { leaf.value.copy(shared.configuration, &result) }
        result.groups = shared.configuration.groups
        return result
    }
}

extension SharedSettings {
    /// Why a text of another version cannot be accepted.
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
        // What another version let go together stays in force until a file replaces it.
        if let problem = reader.problems.first(where: { $0.kind != .contradiction }) {
            throw Problem(description: "\(problem.path): \(problem.reason)")
        }
    }
}
