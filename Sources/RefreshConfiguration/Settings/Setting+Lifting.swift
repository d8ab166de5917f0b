import RefreshCore

extension [Setting<UserPolicy>] {
    /// The same keys, set in the rules that hold for everybody.
    var forEverybody: [Setting<Configuration>] { map { $0.lifted(to: \.standard) } }
}

extension Setting {
    /// The same key, set in a part of something larger.
    func lifted<Outer>(to part: any WritableKeyPath<Outer, Root> & Sendable) -> Setting<Outer> {
        let content: Setting<Outer>.Content =
            switch self.content {
            case .section(let settings): .section(settings.map { $0.lifted(to: part) })
            case .value(let value):
                .value(
                    Setting<Outer>.Value(
                        allowed: value.allowed,
                        defaultNote: value.defaultNote,
                        effect: value.effect == .restart ? .restart : .reload,
                        read: { (json, outer) throws(Complaint) in try value.read(json, &outer[keyPath: part])
                        },
                        write: { value.write($0[keyPath: part]) },
                        copy: { value.copy($0[keyPath: part], &$1[keyPath: part]) }
                    )
                )
            case .entries(let entries):
                .entries(
                    Setting<Outer>.Entries(
                        read: { entries.read($0, $1, &$2[keyPath: part], &$3) },
                        write: { entries.write($0[keyPath: part]) }
                    )
                )
            }
        return Setting<Outer>(name: name, documentation: documentation, content: content)
    }

    private init(name: String, documentation: String, content: Content) {
        self.name = name
        self.documentation = documentation
        self.content = content
    }
}
