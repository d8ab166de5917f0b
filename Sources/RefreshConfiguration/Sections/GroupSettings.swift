package import RefreshCore

/// One entry of `groups`: rules for users that do not follow the general rules.
package struct GroupSettings: Equatable, Sendable {
    /// The complete rules: the group's own values, and the general ones where it sets none.
    package let policy: UserPolicy
    /// The keys that the group sets itself, relative to the group: `every`, `backoff.failure.first`.
    let overridden: Set<SettingPath>

    static let table: [Setting<UserPolicy>] =
        ScheduleSettings.table
        + [Setting("backoff", section: BackoffSettings.table, "Like the section `backoff`, for this group.")]

    static let entries = Setting<Configuration>.Entries(
        read: { node, path, configuration, reader in
            for member in reader.members(of: node, at: path) ?? [] {
                let path = path.appending(member.key)
                guard let name = GroupName(member.key) else {
                    reader.report(
                        ConfigurationProblem(
                            .badValue,
                            at: path,
                            position: member.position,
                            reason: "not a name of a group",
                            suggestion: "use 1 to 64 letters A-Z a-z, digits, . _ and -"
                        )
                    )
                    continue
                }
                configuration.groups[name] = read(
                    member.node,
                    at: path,
                    standard: configuration.standard,
                    by: &reader
                )
            }
        },
        write: { configuration in
            .object(
                configuration.groups.sorted { $0.key.rawValue < $1.key.rawValue }.map {
                    ($0.key.rawValue, $0.value.json)
                }
            )
        }
    )

    /// The group as the file would hold it: only the keys that it sets itself.
    var json: JSONValue { Self.json(of: Self.table, under: SettingPath(), in: self) }

    /// The text of a value that the group sets itself; nil if it follows the general rules.
    func text(of leaf: Setting<UserPolicy>.Leaf) -> String? {
        overridden.contains(leaf.path) ? leaf.value.write(policy).plainText : nil
    }

    /// The groups of `base`, with the differences between two states of a file applied.
    static func taking(
        changesFrom old: [GroupName: GroupSettings], to new: [GroupName: GroupSettings],
        over base: [GroupName: GroupSettings], standard: UserPolicy
    ) -> [GroupName: GroupSettings] {
        var result: [GroupName: GroupSettings] = [:]
        for name in Set(old.keys).union(new.keys).union(base.keys) {
            let (before, after) = (old[name], new[name])
            // A group that the file drops is removed; a group that it leaves unchanged stays as it is.
            guard
                let group = before != nil && after == nil
                    ? nil : base[name] ?? (before?.json == after?.json ? nil : after)
            else {
                continue
            }
            var policy = standard
            var overridden = Set<SettingPath>()
            for leaf in table.flatMap({ $0.leaves() }) {
                let isChanged = after != nil && before?.text(of: leaf) != after?.text(of: leaf)
                guard let source = isChanged ? after : group, source.overridden.contains(leaf.path) else { continue }
                leaf.value.copy(source.policy, &policy)
                overridden.insert(leaf.path)
            }
            result[name] = GroupSettings(policy: policy, overridden: overridden)
        }
        return result
    }

    private static func read(
        _ node: JSONNode,
        at path: SettingPath,
        standard: UserPolicy,
        by reader: inout SettingsReader
    ) -> GroupSettings {
        var policy = standard
        reader.read(node, at: path, by: table, into: &policy)
        for contradiction in ScheduleSettings.contradictions(in: policy) {
            reader.report(contradiction, under: path, inherited: SettingPath("schedule").appending)
        }
        for contradiction in BackoffSettings.contradictions(in: policy) {
            reader.report(
                contradiction,
                under: path.appending("backoff"),
                inherited: SettingPath("backoff").appending
            )
        }
        let overridden = table.flatMap { $0.leaves() }.map(\.path).filter {
            reader.written[path.appending($0)] != nil
        }
        return GroupSettings(policy: policy, overridden: Set(overridden))
    }

    private static func json(
        of table: [Setting<UserPolicy>],
        under path: SettingPath,
        in group: GroupSettings
    ) -> JSONValue {
        .object(
            table.compactMap { setting -> (key: String, value: JSONValue)? in
                let path = path.appending(setting.name)
                guard group.overridden.contains(where: { $0.isWithin(path) }) else { return nil }
                guard case .section(let inner) = setting.content else {
                    return (setting.name, setting.json(of: group.policy))
                }
                return (setting.name, json(of: inner, under: path, in: group))
            }
        )
    }
}
