import Testing

@testable import RefreshCore

struct PoliciesTests {
    @Test func `are the group's, or everybody's where the group has none`() throws {
        let gold = try #require(GroupName("gold"))
        var often = UserPolicy()
        often.cadence = Cadence(every: .hours(12))
        let policies = Policies(groups: [gold: often])
        var arbitrary = Arbitrary(seed: 1)
        var user = arbitrary.user(now: arbitrary.moment())
        user.group = gold
        #expect(policies.policy(for: user) == often)
        user.group = nil
        #expect(policies.policy(for: user) == UserPolicy())
        user.group = GroupName("silver")
        #expect(policies.policy(for: user) == UserPolicy())
    }
}
