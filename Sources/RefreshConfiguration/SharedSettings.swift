import RefreshCore

extension Configuration {
    /// A fingerprint of what daemons that share a store have to agree on: the rules of users, the limits of calls and the
    /// address.
    ///
    /// The same settings have the same one, however their files are written.
    package var sharedSettings: String {
        let sections = Self.table.filter { Self.shared.contains($0.name) }.map { ($0.name, $0.json(of: self)) }
        let groups = groups.sorted { $0.key.rawValue < $1.key.rawValue }.map { name, group in
            (name.rawValue, JSONValue.object(GroupSettings.table.map { ($0.name, $0.json(of: group.policy)) }))
        }
        let address = [("server", JSONValue.string(api.server.description))]
        let text = JSONValue.object(sections + [("groups", .object(groups))] + address).indentedText
        // FNV-1a: nobody gains from two texts that look alike.
        let hash = text.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }

    private static let shared: Set<String> = ["schedule", "backoff", "limits", "breaker", "history"]
}
