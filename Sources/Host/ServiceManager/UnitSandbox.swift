/// Which paths a unit hides from its service or makes read-only.
package struct UnitSandbox: Equatable, Sendable {
    /// Why the service sees something else at a path than other processes do, or may not write there.
    package enum Obstacle: Equatable, Sendable {
        /// The directive hides this tree.
        case hidden(tree: String, directive: String)
        /// The service sees another directory at this place.
        case another(tree: String, directive: String)
        case readOnly(directive: String)
    }

    /// The values of `ProtectHome=` and `ProtectSystem=`: `no`, `yes`, or a directive's own value.
    package var protectHome = "no"
    package var protectSystem = "no"
    package var hasPrivateTmp = false
    /// Directories that are writable regardless of `ProtectSystem=`.
    package var writable: [String] = []
    /// Those of `writable` that the unit creates for the service's user when it starts.
    package var made: [String] = []

    package init() {}

    /// Reads these properties from the output of `systemctl show`, one per line.
    package init(properties: String) {
        var values: [Substring: Substring] = [:]
        for line in properties.split(separator: "\n") {
            guard let sign = line.firstIndex(of: "=") else { continue }
            values[line[..<sign]] = line[line.index(after: sign)...]
        }
        func list(_ name: Substring) -> [String] { (values[name] ?? "").split(separator: " ").map(String.init) }
        protectHome = values["ProtectHome"].map(String.init) ?? "no"
        protectSystem = values["ProtectSystem"].map(String.init) ?? "no"
        hasPrivateTmp = !["", "no"].contains(values["PrivateTmp"] ?? "no")
        for (name, parent) in Self.directories { made += list(name).map { "\(parent)/\($0)" } }
        writable = made + list("ReadWritePaths").map { String($0.drop { "-+".contains($0) }) }
    }

    private static let directories: [(Substring, String)] = [
        ("StateDirectory", "/var/lib"), ("RuntimeDirectory", "/run"), ("CacheDirectory", "/var/cache"),
        ("LogsDirectory", "/var/log"),
    ]

    /// The properties that `init(properties:)` reads.
    package static let properties = [
        "ProtectHome", "ProtectSystem", "PrivateTmp", "ReadWritePaths", "StateDirectory", "RuntimeDirectory",
        "CacheDirectory", "LogsDirectory",
    ]

    /// What prevents the service from reading at a path that contains no links.
    package func obstacle(reading path: String) -> Obstacle? {
        if protectHome == "yes" || protectHome == "tmpfs", let tree = Self.tree(of: path, among: Self.homes) {
            return .hidden(tree: tree, directive: "ProtectHome=\(protectHome)")
        }
        if hasPrivateTmp, let tree = Self.tree(of: path, among: ["/tmp", "/var/tmp"]) {
            return .another(tree: tree, directive: "PrivateTmp=yes")
        }
        return nil
    }

    /// As above, for writing.
    package func obstacle(writing path: String) -> Obstacle? {
        if let obstacle = obstacle(reading: path) { return obstacle }
        if Self.tree(of: path, among: writable) != nil { return nil }
        if protectHome == "read-only", Self.tree(of: path, among: Self.homes) != nil {
            return .readOnly(directive: "ProtectHome=read-only")
        }
        let isReadOnly =
            switch protectSystem {
            case "strict": Self.tree(of: path, among: ["/dev", "/proc", "/sys"]) == nil
            case "full": Self.tree(of: path, among: ["/usr", "/boot", "/efi", "/etc"]) != nil
            case "yes": Self.tree(of: path, among: ["/usr", "/boot", "/efi"]) != nil
            default: false
            }
        return isReadOnly ? .readOnly(directive: "ProtectSystem=\(protectSystem)") : nil
    }

    private static let homes = ["/home", "/root", "/run/user"]

    private static func tree(of path: String, among trees: [String]) -> String? {
        trees.first { path == $0 || path.hasPrefix($0 + "/") }
    }
}
