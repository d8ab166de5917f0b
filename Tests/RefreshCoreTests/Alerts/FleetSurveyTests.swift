import RefreshCore
import Testing

@Suite struct FleetSurveyTests {
    private static let now = Timestamp(secondsSinceEpoch: 1_900_000_000)
    private static let question = FleetSurvey.Question(
        now: now, window: .hours(1), windows: 3, staleBefore: now.advanced(by: .hours(-72)))

    /// So many users called in each window, and how many of them failed.
    private func share(_ windows: [(called: Int, failed: Int)], threshold: Double = 0.2) -> Alert.Figure {
        var survey = FleetSurvey(Self.question)
        for (age, window) in windows.enumerated() {
            for number in 0..<window.called {
                survey.add(
                    .scheduled, group: nil, outcome: number < window.failed ? .rejected : .refreshed,
                    attemptedAt: Self.now.advanced(by: .hours(Int64(-age)) - .minutes(30)), since: nil,
                    for: Self.question)
            }
        }
        return survey.share(of: [.rejected], threshold: threshold, minimumUsers: 5, window: .hours(1))
    }

    @Test func `a large fleet's share is that of one window`() {
        let figure = share([(called: 100, failed: 30), (called: 100, failed: 100)])
        #expect(figure == Alert.Figure(value: 0.3, users: 30, total: 100, span: 3_600))
    }

    @Test func `a small fleet is looked at over as many windows as it takes`() {
        // 25 users make 5 of them a fifth.
        let figure = share([(called: 12, failed: 6), (called: 13, failed: 0), (called: 50, failed: 50)])
        #expect(figure == Alert.Figure(value: 0.24, users: 6, total: 25, span: 7_200))
    }

    @Test func `half of two users are nothing to tell`() {
        #expect(share([(called: 2, failed: 1)]).value == 0)
        #expect(share([(called: 4, failed: 4)]).value == 0)
        #expect(share([(called: 5, failed: 5)]).value == 1)
        #expect(share([]).value == 0)
    }

    @Test(
        arguments: [
            (UserState.Kind.scheduled, OutcomeKind.unknown, -73, 1, 1), (.backingOff, .rejected, -73, 1, 1),
            (.scheduled, .rejected, -71, 1, 0), (.scheduled, nil, nil, 1, 0), (.scheduled, .refreshed, -73, 1, 0),
            (.parked, .unauthorized, -73, 0, 0), (.paused, .rejected, -73, 0, 0),
        ] as [(UserState.Kind, OutcomeKind?, Int64?, Int, Int)])
    func `who is called in vain and had no success for too long is stale`(
        state: UserState.Kind, outcome: OutcomeKind?, since: Int64?, callable: Int, stale: Int
    ) {
        var survey = FleetSurvey(Self.question)
        let moment = since.map { Self.now.advanced(by: .hours($0)) }
        survey.add(state, group: nil, outcome: outcome, attemptedAt: moment, since: moment, for: Self.question)
        #expect(survey.callable == callable && survey.stale == stale)
    }

    @Test func `a group's own turns decide for its users`() throws {
        let weekly = try #require(GroupName("weekly"))
        let question = FleetSurvey.Question(
            now: Self.now, window: .hours(1), windows: 1, staleBefore: Self.now.advanced(by: .hours(-72)),
            staleBeforeByGroup: [weekly: Self.now.advanced(by: .days(-21))])
        var survey = FleetSurvey(question)
        for group in [weekly, GroupName("other"), nil] {
            survey.add(
                .scheduled, group: group, outcome: .rejected, attemptedAt: nil,
                since: Self.now.advanced(by: .days(-10)),
                for: question)
        }
        #expect(survey.stale == 2)
        #expect(survey.staleShare(minimumUsers: 2, turns: 3).value == 2.0 / 3)
        #expect(survey.staleShare(minimumUsers: 3, turns: 3).value == 0)
    }

    @Test func `a call that a clock set back puts in the future counts as one of now`() {
        var survey = FleetSurvey(Self.question)
        survey.add(
            .scheduled, group: nil, outcome: .rejected, attemptedAt: Self.now.advanced(by: .hours(5)), since: nil,
            for: Self.question)
        #expect(survey.outcomes[0] == [.rejected: 1])
    }
}
