import RefreshCore

/// One key of the file: its name, the allowed values, what it does, and the property of `Root` that it sets.
///
/// The table of a section holds everything about its keys; reading, writing, comparing and the reference all work from
/// the tables.
struct Setting<Root: Sendable>: Sendable {
    enum Effect: Sendable {
        case reload
        case restart
    }

    struct Value: Sendable {
        let allowed: String
        /// Replaces the default value in the reference if that does not say enough.
        let defaultNote: String?
        let effect: Effect
        let read: @Sendable (JSONValue, inout Root) throws(Complaint) -> Void
        let write: @Sendable (Root) -> JSONValue
        /// Copies the value from the first to the second.
        let copy: @Sendable (Root, inout Root) -> Void
    }

    /// An object whose keys the user chooses.
    struct Entries: Sendable {
        let read: @Sendable (JSONNode, SettingPath, inout Root, inout SettingsReader) -> Void
        let write: @Sendable (Root) -> JSONValue
    }

    enum Content: Sendable {
        case value(Value)
        case section([Setting])
        case entries(Entries)
    }

    let name: String
    /// One or two sentences for the reference.
    let documentation: String
    let content: Content
}

extension Setting {
    init<T: Sendable>(
        _ name: String,
        _ keyPath: any WritableKeyPath<Root, T> & Sendable,
        _ notation: Notation<T>,
        effect: Effect = .reload,
        defaultNote: String? = nil,
        _ documentation: String
    ) {
        self.name = name
        self.documentation = documentation
        content = .value(
            Value(
                allowed: notation.allowed,
                defaultNote: defaultNote,
                effect: effect,
                read: { (value, root) throws(Complaint) in root[keyPath: keyPath] = try notation.read(value)
                },
                write: { notation.write($0[keyPath: keyPath]) },
                copy: { $1[keyPath: keyPath] = $0[keyPath: keyPath] }
            )
        )
    }

    /// A key that may be `null`.
    init<T: Sendable>(
        _ name: String,
        _ keyPath: any WritableKeyPath<Root, T?> & Sendable,
        orNull notation: Notation<T>,
        effect: Effect = .reload,
        defaultNote: String? = nil,
        _ documentation: String
    ) {
        self.init(name, keyPath, notation.orNull, effect: effect, defaultNote: defaultNote, documentation)
    }

    init(_ name: String, section settings: [Setting], _ documentation: String) {
        self.name = name
        self.documentation = documentation
        content = .section(settings)
    }

    init(_ name: String, entries: Entries, _ documentation: String) {
        self.name = name
        self.documentation = documentation
        content = .entries(entries)
    }
}

extension Setting {
    /// A single value and its path.
    typealias Leaf = (path: SettingPath, setting: Setting, value: Value)

    /// The key's own value, or the values of the section below it.
    func leaves(under path: SettingPath = SettingPath()) -> [Leaf] {
        let path = path.appending(name)
        switch content {
        case .value(let value): return [(path, self, value)]
        case .section(let settings): return settings.flatMap { $0.leaves(under: path) }
        case .entries: return []
        }
    }

    /// The JSON for the value in `root`.
    func json(of root: Root) -> JSONValue {
        switch content {
        case .value(let value): value.write(root)
        case .section(let settings): .object(settings.map { ($0.name, $0.json(of: root)) })
        case .entries(let entries): entries.write(root)
        }
    }
}

extension Setting {
    /// The same key, applied to a part of a larger structure.
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
}
