import Testing

@testable import RefreshCore

/// What follows when Tight refuses a call with a status of 400 to 499.
struct RefusedCallTests {
    private let policy = UserPolicy()
    /// A user whose slot is noon, UTC.
    private let slot: Timestamp
    private let user: User

    init() throws {
        let noon = try #require(Place(rawValue: 1 << 62))
        slot = try #require(Timestamp(rfc3339: "2026-11-22T12:00:00Z"))
        user = User(id: Arbitrary.id, place: noon, state: .scheduled(due: slot), record: User.Record(slot: slot))
    }

    private func step(
        _ outcome: Outcome, of user: User, at moment: Timestamp, areRare: Bool = true, policy: UserPolicy? = nil,
        seed: UInt64 = 1
    ) -> User {
        var random = SplitMix64(seed: seed)
        return NextStep.after(
            attempt(outcome, at: moment), of: user, under: policy ?? self.policy, areRefusalsRare: areRare,
            using: &random)
    }

    private func attempt(_ outcome: Outcome, at moment: Timestamp) -> Attempt {
        Attempt(
            outcome: outcome, httpStatus: nil, trigger: .schedule, startedAt: moment, endedAt: moment, duration: .zero)
    }

    /// Noon of a later day.
    private func noon(_ days: Int64) -> Timestamp { slot.advanced(by: .days(days)) }

    @Test func `waits as after a failure of the user's own, and longer each time`() throws {
        var user = user
        var moment = slot
        for (failures, hours) in [(1, 6...7), (2, 6...12), (3, 12...24), (4, 24...48)] {
            user = step(.refused(status: 404), of: user, at: moment, areRare: false, seed: UInt64(failures))
            let due = try #require(user.state.due)
            #expect(user.record.failures == failures)
            #expect(moment.duration(to: due) >= .hours(Int64(hours.lowerBound)))
            #expect(moment.duration(to: due) <= .hours(Int64(hours.upperBound)))
            #expect(user.record.reachedAt == moment)
            moment = due
        }
    }

    @Test func `parks on the third turn in a row with the same status`() {
        let once = step(.refused(status: 422), of: user, at: noon(0))
        #expect(once.record.refusal == Refusal(status: 422, turnEnds: noon(1)))
        // Tried again within the same turn: nothing new.
        let again = step(.refused(status: 422), of: once, at: noon(0).advanced(by: .hours(7)))
        #expect(again.record.refusal == once.record.refusal)
        let twice = step(.refused(status: 422), of: again, at: noon(1))
        #expect(twice.record.refusal?.turns == 2)
        #expect(twice.state.kind == .backingOff)
        let thrice = step(.refused(status: 422), of: twice, at: noon(3))
        #expect(thrice.state == .parked(.refused, since: noon(3)))
        #expect(thrice.record.refusal?.status == 422)
        #expect(!NextStep.isConclusive(attempt(.refused(status: 422), at: noon(1)), of: again, under: policy))
        #expect(NextStep.isConclusive(attempt(.refused(status: 422), at: noon(3)), of: twice, under: policy))
    }

    @Test func `parks nobody while many are refused, and then at the next refusal`() {
        var user = user
        for day in 0..<9 as Range<Int64> {
            user = step(.refused(status: 404), of: user, at: noon(day), areRare: false)
            #expect(user.state.kind == .backingOff)
        }
        #expect(step(.refused(status: 404), of: user, at: noon(20)).state.kind == .parked)
    }

    @Test(arguments: [
        Outcome.refreshed, .rejected(messages: []), .refused(status: 410), .refused(status: 409), .unauthorized,
        .forbidden,
    ])
    func `begins to count anew when Tight answers otherwise`(answer: Outcome) {
        var user = user
        for day in 0..<2 as Range<Int64> { user = step(.refused(status: 404), of: user, at: noon(day)) }
        user = step(answer, of: user, at: noon(2))
        if case .parked = user.state { user = NextStep.resumed(user, policy: policy, now: noon(2)) }
        for day in 3..<5 as Range<Int64> {
            user = step(.refused(status: 404), of: user, at: noon(day))
            #expect(user.state.kind == .backingOff)
        }
        #expect(step(.refused(status: 404), of: user, at: noon(5)).state.kind == .parked)
    }

    @Test(arguments: [
        Outcome.unavailable(.notConnected), .unavailable(.status(503)), .unknown(.timeout), .unknown(.crash),
        .throttled(retryAfter: nil), .misconfigured(.status(404)),
        .malformed(Malformation(.notJSON, bytes: 1, contentType: nil)),
    ])
    func `goes on counting over calls that Tight did not answer`(outcome: Outcome) {
        var user = user
        for day in 0..<2 as Range<Int64> {
            user = step(.refused(status: 404), of: user, at: noon(2 * day))
            user = step(outcome, of: user, at: noon(2 * day + 1))
        }
        #expect(step(.refused(status: 404), of: user, at: noon(4)).state.kind == .parked)
    }

    @Test(arguments: [409, 423, 425])
    func `waits for the first delay each time, and never parks, where the status means later`(status: Int) throws {
        var user = user
        user.record.failures = 3
        var moment = slot
        for seed in 0..<30 as Range<UInt64> {
            user = step(.refused(status: status), of: user, at: moment, seed: seed)
            let due = try #require(user.state.due)
            #expect(user.record.failures == 3)
            #expect(user.record.reachedAt == moment)
            // The minimum interval and its spread, or the next day where the day's budget is spent.
            #expect((.hours(6))...(.days(1)) ~= moment.duration(to: due))
            moment = due
        }
        #expect(user.record.refusal == nil)
    }

    @Test func `releases by resume and by a new token, and forgets what was refused`() {
        var parked = user
        parked.state = .parked(.refused, since: slot)
        parked.record.refusal = Refusal(status: 404, turns: 3, turnEnds: noon(1))
        for released in [
            NextStep.resumed(parked, policy: policy, now: slot),
            NextStep.tokenReplaced(parked, policy: policy, now: slot),
        ] {
            #expect(released.state.kind == .scheduled)
            #expect(released.record.refusal == nil)
        }
        var waiting = user
        waiting.record.refusal = parked.record.refusal
        #expect(NextStep.tokenReplaced(waiting, policy: policy, now: slot) == user)
    }

    @Test func `leaves a pause as it was and parks after it`() {
        var user = user
        user.record.refusal = Refusal(status: 404, turns: 2, turnEnds: slot)
        user.state = .paused(nil)
        user = step(.refused(status: 404), of: user, at: noon(0))
        #expect(user.state == .paused(nil))
        user = NextStep.resumed(user, policy: policy, now: noon(0))
        #expect(user.state.kind == .scheduled)
    }

    @Test func `counts a turn of a calendar that ran ahead as over`() {
        var user = user
        user.record.refusal = Refusal(status: 404, turns: 2, turnEnds: noon(900))
        let anchored = NextStep.reanchored(user, policy: policy, now: noon(0).advanced(by: .hours(-1)))
        #expect(anchored.record.refusal?.turnEnds == noon(0))
    }
}
