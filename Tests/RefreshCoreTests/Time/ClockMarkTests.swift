import RefreshCore
import Testing

/// What is made of the clocks between two daemons, and what users may rely on whatever they did.
struct ClockMarkTests {
    private static let left = Timestamp(secondsSinceEpoch: 1_790_000_000)
    private static let one = BootID(String(repeating: "1", count: 32))
    private static let other = BootID(String(repeating: "2", count: 32))

    private static func mark(
        _ boot: BootID?, longestGap: Duration = .zero, isMoving: Bool = false, ahead: Duration = .zero
    ) -> ClockMark {
        ClockMark(
            reading: ClockReading(wall: left, sinceBoot: .hours(10)), boot: boot, longestGap: longestGap,
            isMoving: isMoving, ahead: ahead)
    }

    /// So long after the mark by the calendar, and by the time since boot.
    private static func reading(_ wall: Duration, _ sinceBoot: Duration) -> ClockReading {
        ClockReading(wall: left.advanced(by: wall), sinceBoot: .hours(10) + sinceBoot)
    }

    @Test(
        arguments: [
            // Within one boot, whatever passed is known.
            (mark(one), reading(.hours(3), .hours(3)), one, nil),
            (mark(one), reading(.days(30), .days(30)), one, nil),
            (mark(one), reading(.hours(3) + .seconds(1), .hours(3)), one, nil),
            (mark(one), reading(.hours(3) + .milliseconds(1_001), .hours(3)), one, .stepped(by: .milliseconds(1_001))),
            (mark(one), reading(.hours(2) + .seconds(20), .seconds(20)), one, .stepped(by: .hours(2))),
            (mark(one), reading(.hours(-2) + .seconds(20), .seconds(20)), one, .stepped(by: .hours(-2))),
            (mark(one), reading(.zero, .hours(2)), one, .stepped(by: .hours(-2))),
            // Over a boot, or where it is unknown, only a clock that went back is sure to have been set.
            (mark(one), reading(.hours(-2), .hours(-9)), other, .stepped(by: .hours(-2))),
            (mark(one), reading(.milliseconds(-900), .hours(-9)), other, nil),
            (mark(one), reading(.seconds(60), .hours(-9)), other, nil),
            (mark(one), reading(.seconds(61), .hours(-9)), other, .uncertain(gap: .seconds(61))),
            (mark(one, longestGap: .hours(2)), reading(.hours(2), .hours(-9)), other, nil),
            (
                mark(one, longestGap: .hours(2)), reading(.hours(2) + .seconds(1), .hours(-9)), other,
                .uncertain(gap: .hours(2) + .seconds(1))
            ),
            (mark(one), reading(.hours(2), .hours(2)), nil, .uncertain(gap: .hours(2))),
            (mark(nil), reading(.hours(2), .hours(2)), one, .uncertain(gap: .hours(2))),
            (mark(nil), reading(.hours(2), .hours(2)), nil, .uncertain(gap: .hours(2))),
            // A time since boot that goes back is of another boot, whatever its name.
            (mark(one), reading(.hours(2), .hours(-1)), one, .uncertain(gap: .hours(2))),
            // Whoever was moved already must not be moved back once more.
            (mark(one, isMoving: true), reading(.hours(-2), .seconds(20)), one, nil),
            (mark(one, isMoving: true), reading(.hours(-2), .hours(-9)), other, nil),
            (mark(one, isMoving: true), reading(.hours(2), .zero), one, .stepped(by: .hours(2))),
            (mark(one, isMoving: true), reading(.hours(2), .hours(-9)), other, .uncertain(gap: .hours(2))),
            // A step that was not followed: the clocks tell it within the boot, the mark after it.
            (mark(one, ahead: .hours(2)), reading(.hours(3), .hours(1)), one, .stepped(by: .hours(2))),
            (mark(one, ahead: .hours(2)), reading(.hours(1), .hours(1)), one, nil),
            (
                mark(one, ahead: .hours(2)), reading(.hours(2) + .seconds(60), .hours(-9)), other,
                .stepped(by: .hours(2))
            ),
            (mark(one, ahead: .hours(2)), reading(.hours(1), .hours(-9)), other, .stepped(by: .hours(1))),
            (
                mark(one, ahead: .hours(2)), reading(.hours(2) + .seconds(61), .hours(-9)), other,
                .uncertain(gap: .hours(2) + .seconds(61))
            ),
            (
                mark(one, ahead: .hours(-2)), reading(.hours(-2) + .seconds(60), .hours(-9)), other,
                .stepped(by: .hours(-2))
            ),
            (mark(one, ahead: .hours(-2)), reading(.hours(-3), .hours(-9)), other, .stepped(by: .hours(-3))),
            (mark(one, ahead: .hours(-2)), reading(.hours(-1), .hours(-9)), other, .stepped(by: .hours(-1))),
            (mark(one, ahead: .hours(-2)), reading(.hours(1), .hours(-9)), other, .uncertain(gap: .hours(1))),
            (mark(one, isMoving: true, ahead: .hours(-2)), reading(.hours(-2), .hours(-9)), other, nil),
            (
                mark(one, isMoving: true, ahead: .hours(2)), reading(.hours(2), .hours(-9)), other,
                .stepped(by: .hours(2))
            ),
        ] as [(ClockMark, ClockReading, BootID?, ClockChange?)])
    func `tells a step from a gap`(mark: ClockMark, reading: ClockReading, boot: BootID?, change: ClockChange?) {
        #expect(mark.change(until: reading, boot: boot) == change)
    }

    @Test func `knows how long no daemon worked, as well as can be known`() {
        #expect(Self.mark(Self.one).gap(until: Self.reading(.hours(9), .hours(3)), boot: Self.one) == .hours(3))
        #expect(Self.mark(Self.one).gap(until: Self.reading(.hours(9), .hours(3)), boot: Self.other) == .hours(9))
        #expect(Self.mark(Self.one).gap(until: Self.reading(.hours(-9), .hours(3)), boot: nil) == .zero)
        let behind = Self.mark(Self.one, ahead: .hours(2))
        #expect(behind.gap(until: Self.reading(.hours(9), .hours(3)), boot: Self.one) == .hours(3))
        #expect(behind.gap(until: Self.reading(.hours(9), .hours(3)), boot: Self.other) == .hours(7))
    }

    /// Whatever the clock did, with or without a boot: the minimum interval holds in real time, but where a gap is
    /// trusted because the store came through one as long; and nobody waits longer than it was told to.
    @Test(arguments: 0..<80 as Range<UInt64>)
    func `keeps the minimum interval and puts nobody's wait off`(seed: UInt64) throws {
        var arbitrary = Arbitrary(seed: seed)
        for _ in 0..<50 {
            let policy = arbitrary.policy()
            let left = arbitrary.moment()
            let isSameBoot = arbitrary.chance(1, in: 2)
            let passed = arbitrary.duration(.zero, arbitrary.one(of: [.seconds(90), .hours(12), .days(3)]))
            // Set before the mark was left and not followed, and after it.
            let ahead = arbitrary.chance(1, in: 2) ? .zero : arbitrary.duration(.hours(-50), .hours(50))
            let stepped = ahead + arbitrary.duration(.hours(-50), .hours(50))
            let mark = ClockMark(
                reading: ClockReading(wall: left, sinceBoot: .hours(10)), boot: Self.one,
                longestGap: arbitrary.one(of: [.zero, .hours(1), .hours(40)]), ahead: ahead)
            let now = ClockReading(
                wall: left.advanced(by: passed + stepped), sinceBoot: isSameBoot ? .hours(10) + passed : .seconds(30))
            let change = mark.change(until: now, boot: isSameBoot ? Self.one : Self.other)

            // A crash may have left calls that are younger than the mark.
            let reached = arbitrary.duration(.hours(-40), min(passed, .minutes(1)))
            let wait = arbitrary.duration(.zero, .hours(1))
            let user = Self.user(reachedAt: left.advanced(by: reached), due: left.advanced(by: wait))
            let moved = change.map { NextStep.after($0, user, policy: policy, now: now.wall) } ?? user
            let next = NextStep.reanchored(moved, policy: policy, now: now.wall)

            let due = max(now.wall, try #require(next.state.due))
            let untilCall = now.wall.duration(to: due)
            let gap = isSameBoot ? .zero : max(.zero, passed + stepped - ahead)
            let trusted = gap <= max(mark.longestGap, ClockMark.interval) ? gap : .zero
            #expect(
                passed - reached + untilCall >= policy.minimumInterval - trusted - ClockStepWatch.tolerance,
                "\(user), \(policy), \(mark), \(now)")
            guard policy.cadence.window == nil, policy.minimumInterval == .zero, policy.attemptsPerDay > 1 else {
                continue
            }
            #expect(untilCall <= wait + .seconds(1), "\(user), \(policy), \(mark), \(now)")
        }
    }

    private static func user(reachedAt: Timestamp, due: Timestamp) -> User {
        var record = User.Record(slot: due)
        record.reachedAt = reachedAt
        record.failures = 1
        return User(
            id: Arbitrary.id, place: Place(of: Arbitrary.id, seed: 1), state: .backingOff(due: due), record: record)
    }

    @Test func `reads a boot id as the kernel and as systemd write it`() {
        let kernel = BootID("6C2F4E0a-1b3d-4c5e-8f70-9a0b1c2d3e4f")
        #expect(kernel == BootID("6c2f4e0a1b3d4c5e8f709a0b1c2d3e4f"))
        #expect(kernel?.description == "6c2f4e0a1b3d4c5e8f709a0b1c2d3e4f")
        for text in ["", "%b", "6c2f4e0a1b3d4c5e8f709a0b1c2d3e4", "6c2f4e0a1b3d4c5e8f709a0b1c2d3e4g"] {
            #expect(BootID(text) == nil)
        }
    }
}
