extension Setting {
    /// A single value and its path.
    typealias Leaf = (path: SettingPath, setting: Setting, value: Value)

    /// The key's own value, or those of the section under it.
    func leaves(under path: SettingPath = SettingPath()) -> [Leaf] {
        let path = path.appending(name)
        switch content {
        case .value(let value): return [(path, self, value)]
        case .section(let settings): return settings.flatMap { $0.leaves(under: path) }
        case .entries: return []
        }
    }

    /// What would have to be written for the value that `root` has.
    func json(of root: Root) -> JSONValue {
        switch content {
        case .value(let value): value.write(root)
        case .section(let settings): .object(settings.map { ($0.name, $0.json(of: root)) })
        case .entries(let entries): entries.write(root)
        }
    }
}
