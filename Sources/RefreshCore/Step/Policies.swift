/// Everybody's rules, and those of the groups that have their own.
package struct Policies: Equatable, Sendable {
    package var standard: UserPolicy
    package var groups: [GroupName: UserPolicy]

    package init(standard: UserPolicy = UserPolicy(), groups: [GroupName: UserPolicy] = [:]) {
        self.standard = standard
        self.groups = groups
    }

    /// The rules for a user; one whose group is no longer configured follows everybody's.
    package func policy(for user: User) -> UserPolicy {
        policy(forGroup: user.group)
    }

    /// Of groups that users name, those without rules of their own.
    package func unknown(_ sizes: [GroupSize]) -> [GroupSize] {
        sizes.filter { groups[$0.group] == nil }
    }

    package func policy(forGroup group: GroupName?) -> UserPolicy {
        group.flatMap { groups[$0] } ?? standard
    }
}
