/// One key of the file: its name, what may be written, what it does, and the place in `Root` that it sets.
///
/// Everything known of a key is in the table of its section; reading, writing, comparing and the reference follow
/// from the tables.
struct Setting<Root: Sendable>: Sendable {
    enum Effect: Sendable {
        case reload
        case restart
    }

    struct Value: Sendable {
        let allowed: String
        /// Said in the reference where the default needs more than its value.
        let defaultNote: String?
        let effect: Effect
        let read: @Sendable (JSONValue, inout Root) throws(Complaint) -> Void
        let write: @Sendable (Root) -> JSONValue
        /// Takes the value from the first to the second.
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
