import RefreshCore
import Testing

struct RefusalCountTests {
    @Test(arguments: [
        (0, 0, false), (1, 1, false), (1, 2, false), (2, 2, false), (1, 3, false), (2, 3, false), (3, 3, true),
        (3, 4, true), (2, 100, false), (3, 100, true), (3, 299, true), (3, 300, false), (4, 300, true),
        (10, 1_000, false), (11, 1_000, true), (10_000, 1_000_000, false), (10_001, 1_000_000, true),
    ])
    func `takes refusals for many from more than one in a hundred and three users on`(
        refused: Int, users: Int, areMany: Bool
    ) {
        let count = RefusalCount(refused: refused, users: users)
        #expect(count.areMany == areMany)
        let rule = AlertPolicy().refusedCalls
        // What keeps users from being parked is an alert, and the other way round.
        #expect((count.figure.value >= (rule.threshold ?? 2)) == areMany)
        #expect(count.figure.users == refused && count.figure.total == users)
    }
}
