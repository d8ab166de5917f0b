import RefreshCore
import Testing
import UserImport

struct NoticeTests {
    private func group(_ name: String) throws -> GroupName { try #require(GroupName(name)) }

    @Test func `tells each group that the configuration does not have, and which it has`() throws {
        let users = [try group("trail"): 12, try group("premium"): 3, try group("a.b"): 1]
        let configured = [try group("trial"), try group("premium")]
        #expect(
            ImportNotice.unknownGroups(among: users, configured: configured).map(\.description) == [
                "the configuration has no group a.b: 1 user follows everybody's rules until it has; "
                    + "its groups are premium, trial",
                "the configuration has no group trail: 12 users follow everybody's rules until it has; "
                    + "its groups are premium, trial",
            ]
        )
        let none = ImportNotice.unknownGroups(among: [try group("x"): 1], configured: [])
        #expect(none.map(\.description).first?.hasSuffix("it has no groups") == true)
        #expect(ImportNotice.unknownGroups(among: [:], configured: configured).isEmpty)
    }
}
