/// The general rules, and those of groups with their own.
package struct Policies: Equatable, Sendable {
    package var standard: UserPolicy
    package var groups: [GroupName: UserPolicy]

    package init(standard: UserPolicy = UserPolicy(), groups: [GroupName: UserPolicy] = [:]) {
        self.standard = standard
        self.groups = groups
    }

    /// The rules for a user; if its group is not configured, the general rules.
    package func policy(for user: User) -> UserPolicy {
        policy(forGroup: user.group)
    }

    /// The groups of users that have no rules of their own.
    package func unknown(_ sizes: [GroupSize]) -> [GroupSize] {
        sizes.filter { groups[$0.group] == nil }
    }

    package func policy(forGroup group: GroupName?) -> UserPolicy {
        group.flatMap { groups[$0] } ?? standard
    }
}
