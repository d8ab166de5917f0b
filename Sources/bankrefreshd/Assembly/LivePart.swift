import RefreshConfiguration

/// A part of the running daemon that a reload changes, in two steps: no part takes anything of a new configuration before
/// every part has found it good.
protocol LivePart: Sendable {
    /// Builds and checks what the configuration asks for; throws what is wrong with it, and changes nothing.
    func prepare(_ configuration: Configuration) throws -> PreparedChange
}

/// What one part will change.
struct PreparedChange: Sendable {
    /// What changes that no key of the file tells, such as the content of a file that it names.
    let notes: [String]
    /// Puts it in force; cannot fail.
    let commit: @Sendable () -> Void
    /// Drops what was built, for another part refused.
    let discard: @Sendable () -> Void

    init(
        notes: [String] = [], commit: @escaping @Sendable () -> Void, discard: @escaping @Sendable () -> Void = {}
    ) {
        self.notes = notes
        self.commit = commit
        self.discard = discard
    }
}
