import RefreshCore

/// The meaning of a file: every value in force, and where it comes from.
///
/// It holds no secrets, because the file has none: a key that needs one names where the secret is.
package struct EffectiveConfiguration: Equatable, Sendable {
    package enum Origin: Equatable, Sendable {
        case standard
        /// The line of the value in the file.
        case file(line: Int)
        /// Like `file`, for a value that a group sets itself.
        case group(line: Int)
    }

    package struct Entry: Equatable, Sendable {
        /// A path such as `schedule.every`.
        package let path: String
        /// For people: texts without quotes, `none` for null.
        package let value: String
        package let origin: Origin
        /// The key whose value a group inherits; nil for all other entries.
        package let inherits: String?
    }

    package let configuration: Configuration
    /// In the order of the reference, with groups sorted by name.
    package let entries: [Entry]

    package init(_ file: ConfigurationFile) throws(ConfigurationProblems) {
        let (configuration, written) = try Configuration.reading(file)
        self.configuration = configuration
        entries = Configuration.table.flatMap { setting in
            if case .entries = setting.content {
                return Self.groupEntries(of: configuration, under: SettingPath(setting.name), written)
            }
            return setting.leaves().map { path, _, value in
                Entry(
                    path: path.description, value: value.write(configuration).plainText,
                    origin: written[path].map { .file(line: $0.line) } ?? .standard, inherits: nil)
            }
        }
    }

    package init(text: String) throws(ConfigurationProblems) {
        try self.init(ConfigurationFile(text: text))
    }

    private static func groupEntries(
        of configuration: Configuration, under path: SettingPath, _ written: [SettingPath: TextPosition]
    ) -> [Entry] {
        configuration.groups.sorted { $0.key.rawValue < $1.key.rawValue }.flatMap { name, group in
            GroupSettings.table.flatMap { $0.leaves() }.map { leaf in
                let path = path.appending(name.rawValue).appending(leaf.path)
                let value = leaf.value.write(group.policy).plainText
                if let place = written[path] {
                    return Entry(
                        path: path.description, value: value, origin: .group(line: place.line), inherits: nil)
                }
                // `GroupSettings` inherits the keys of `schedule`, and of `backoff` under the same name.
                let general =
                    leaf.path.first == "backoff" ? leaf.path : SettingPath("schedule").appending(leaf.path)
                return Entry(
                    path: path.description, value: value,
                    origin: written[general].map { .file(line: $0.line) } ?? .standard,
                    inherits: general.description)
            }
        }
    }

    /// One document: `configuration` holds all values in the form of the file, and `sources` their origins.
    ///
    /// `configuration` means the same as the file and can be used in its place.
    package func json(file: String) -> String {
        let settings: [(key: String, value: JSONValue)] = Configuration.table.map { setting in
            guard case .entries = setting.content else { return (setting.name, setting.json(of: configuration)) }
            let groups = configuration.groups.sorted { $0.key.rawValue < $1.key.rawValue }
            return (
                setting.name,
                .object(
                    groups.map { name, group in
                        (name.rawValue, .object(GroupSettings.table.map { ($0.name, $0.json(of: group.policy)) }))
                    })
            )
        }
        return JSONValue.object([
            ("file", .string(file)), ("configuration", .object(settings)),
            ("sources", .object(entries.map { ($0.path, $0.source) })),
        ]).indentedText
    }
}

extension EffectiveConfiguration.Entry {
    fileprivate var source: JSONValue {
        let (from, line): (String, Int?) =
            switch origin {
            case .standard: ("default", nil)
            case .file(let line): ("file", line)
            case .group(let line): ("group", line)
            }
        var members: [(key: String, value: JSONValue)] = [("from", .string(from))]
        if let line { members.append(("line", .number(String(line)))) }
        if let inherits { members.append(("inherits", .string(inherits))) }
        return .object(members)
    }
}
