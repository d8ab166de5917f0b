import RefreshCore

extension Configuration {
    /// What daemons that share a store have to agree on, by path: the rules of users and the limits of calls where they are
    /// not the default, and the address.
    ///
    /// The same settings have the same values, however their files are written.
    package var sharedSettings: [String: String] {
        var settings = ["api": api.server.description]
        for change in changes(from: .default) {
            guard let section = change.path.split(separator: ".").first, Self.shared.contains(section) else { continue }
            settings[change.path] = change.new
        }
        return settings
    }

    private static let shared: Set<Substring> = ["schedule", "groups", "backoff", "limits", "breaker", "history"]
}
