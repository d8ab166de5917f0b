import Testing

@testable import RefreshCore

struct LatenessTests {
    @Test(
        arguments: [
            (.minutes(1), .minutes(5), .minutes(15)), (.minutes(15), .minutes(5), .minutes(15)),
            (.hours(1), .minutes(5), .minutes(15)), (.hours(2), .minutes(5), .minutes(30)),
            (.hours(6), .minutes(15), .minutes(90)), (.hours(12), .minutes(30), .hours(3)),
            (.days(1), .hours(1), .hours(6)), (.days(7), .hours(1), .hours(6)), (.days(90), .hours(1), .hours(6)),
        ] as [(Duration, Duration, Duration)])
    func `how late one user may be depends on how often it is called, within bounds`(
        every: Duration, limit: Duration, limitOfTrouble: Duration
    ) {
        let lateness = Lateness(every: every)
        #expect(lateness.limit == limit)
        #expect(lateness.limitOfTrouble == limitOfTrouble)
        #expect(lateness.severity(lag: limit - .seconds(1), overdue: 1, of: 1_000) == nil)
        #expect(lateness.severity(lag: limit, overdue: 1, of: 1_000) == .attention)
        #expect(lateness.severity(lag: limitOfTrouble, overdue: 1, of: 1_000) == .trouble)
    }

    @Test(
        arguments: [
            // Of 2,000, whatever their interval: a share is a part of it.
            (199, .minutes(1), nil), (200, .minutes(1), .attention), (999, .minutes(1), .attention),
            (1_000, .minutes(1), .trouble), (1_300, .minutes(4), .trouble), (2_000, .seconds(30), .trouble),
            // A batch on its way.
            (2_000, .seconds(29), nil), (2_000, .zero, nil),
        ] as [(Int, Duration, Health.Severity?)])
    func `many users that are overdue are late, however short a time the oldest waits`(
        overdue: Int, lag: Duration, severity: Health.Severity?
    ) {
        for every: Duration in [.minutes(10), .days(1), .days(30)] {
            #expect(Lateness(every: every).severity(lag: lag, overdue: overdue, of: 2_000) == severity)
        }
    }

    @Test func `all of four users are no many`() {
        #expect(Lateness(every: .days(1)).severity(lag: .minutes(4), overdue: 4, of: 4) == nil)
        #expect(Lateness(every: .days(1)).severity(lag: .minutes(4), overdue: 5, of: 5) == .trouble)
        #expect(Lateness(every: .days(1)).severity(lag: .days(1), overdue: 1, of: 0) == .trouble)
    }

    @Test func `the shortest interval counts of the groups that somebody is in`() throws {
        let (fast, slow) = (try #require(GroupName("fast")), try #require(GroupName("slow")))
        func policy(_ every: Duration) -> UserPolicy { UserPolicy(cadence: Cadence(every: every)) }
        let policies = Policies(
            standard: policy(.hours(12)), groups: [fast: policy(.hours(2)), slow: policy(.days(7))])
        func every(_ sizes: [(GroupName, Int)], users: Int) -> Lateness {
            Lateness(policies, groups: sizes.map { GroupSize(group: $0.0, users: $0.1) }, users: users)
        }
        #expect(every([], users: 10) == Lateness(every: .hours(12)))
        #expect(every([(slow, 10)], users: 10) == Lateness(every: .days(7)))
        #expect(every([(slow, 9)], users: 10) == Lateness(every: .hours(12)))
        #expect(every([(slow, 9), (fast, 1)], users: 10) == Lateness(every: .hours(2)))
        #expect(every([(try #require(GroupName("unknown")), 10)], users: 10) == Lateness(every: .hours(12)))
        // Nobody was counted: any may be.
        #expect(Lateness(policies) == Lateness(every: .hours(2)))
    }
}
