/// How many users name a group.
package struct GroupSize: Equatable, Sendable {
    package let group: GroupName
    package let users: Int

    package init(group: GroupName, users: Int) {
        self.group = group
        self.users = users
    }
}
