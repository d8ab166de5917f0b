extension Configuration {
    /// The configuration as a file that means the same; every key is in it.
    package var text: String {
        JSONValue.object(Self.table.map { ($0.name, $0.json(of: self)) }).indentedText
    }
}
