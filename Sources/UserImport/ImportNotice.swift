package import RefreshCore

/// What whoever imports a file has to be told though nothing in it is wrong.
package enum ImportNotice: Equatable, Sendable, CustomStringConvertible {
    /// So many users came with a refresh token, which nothing keeps.
    case refreshTokensIgnored(Int)
    /// So many users came with a group that the configuration does not name.
    case unknownGroup(GroupName, users: Int, configured: [GroupName])

    /// What to tell about the groups that users came with, in the order of their names.
    package static func unknownGroups(
        among users: [GroupName: Int],
        configured: some Collection<GroupName>
    ) -> [ImportNotice] {
        let configured = configured.sorted { $0.rawValue < $1.rawValue }
        return users.filter { !configured.contains($0.key) }.sorted { $0.key.rawValue < $1.key.rawValue }.map {
            .unknownGroup($0.key, users: $0.value, configured: configured)
        }
    }

    package var description: String {
        switch self {
        case .refreshTokensIgnored(let count):
            "\(count) \(count == 1 ? "user has" : "users have") a refresh token; "
                + "this version keeps no refresh tokens: bring new access tokens before the old ones expire"
        case .unknownGroup(let group, let count, let configured):
            "the configuration has no group \(group): \(count) \(count == 1 ? "user follows" : "users follow") "
                + "everybody's rules until it has; "
                + (configured.isEmpty
                    ? "it has no groups"
                    : "its groups are \(configured.map(\.rawValue).joined(separator: ", "))")
        }
    }
}
