import RefreshCore

extension Configuration {
    /// What differs from another configuration, in the order of the tables; empty when they mean the same.
    package func changes(from old: Configuration) -> [ConfigurationChange] {
        Self.table.flatMap { setting in
            if case .entries = setting.content {
                return groupChanges(from: old, under: SettingPath(setting.name))
            }
            return setting.leaves().compactMap { path, _, value in
                let (before, after) = (value.write(old), value.write(self))
                guard before != after else { return nil }
                return ConfigurationChange(
                    path: path.description,
                    old: before.plainText,
                    new: after.plainText,
                    needsRestart: value.effect == .restart
                )
            }
        }
    }

    /// This configuration as a daemon can take it without a restart: what needs one stays as it is in `running`.
    package func keepingRestartSettings(of running: Configuration) -> Configuration {
        var result = self
        for leaf in Self.table.flatMap({ $0.leaves() }) where leaf.value.effect == .restart {
            leaf.value.copy(running, &result)
        }
        return result
    }

    private func groupChanges(from old: Configuration, under path: SettingPath) -> [ConfigurationChange] {
        let names = Set(groups.keys).union(old.groups.keys).sorted { $0.rawValue < $1.rawValue }
        return names.flatMap { name -> [ConfigurationChange] in
            let path = path.appending(name.rawValue)
            guard let before = old.groups[name], let after = groups[name] else {
                return [
                    ConfigurationChange(
                        path: path.description,
                        old: old.groups[name]?.json.compactText ?? "none",
                        new: groups[name]?.json.compactText ?? "none",
                        needsRestart: false
                    )
                ]
            }
            return GroupSettings.table.flatMap { $0.leaves() }.compactMap { leaf in
                let (was, now) = (before.text(of: leaf), after.text(of: leaf))
                guard was != now else { return nil }
                return ConfigurationChange(
                    path: path.appending(leaf.path).description,
                    old: was ?? "as everybody",
                    new: now ?? "as everybody",
                    needsRestart: false
                )
            }
        }
    }
}
