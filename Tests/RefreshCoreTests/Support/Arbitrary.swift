@testable import RefreshCore

/// Random users, rules, moments and outcomes; the same ones for the same seed.
struct Arbitrary {
    var random: SplitMix64

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
    }

    mutating func chance(_ numerator: Int, in denominator: Int) -> Bool {
        Int.random(in: 0..<denominator, using: &random) < numerator
    }

    mutating func one<Element>(of elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &random)]
    }

    mutating func duration(_ least: Duration, _ most: Duration) -> Duration {
        .microseconds(Int64.random(in: least.wholeMicroseconds...most.wholeMicroseconds, using: &random))
    }

    /// A moment between 1938 and 2096.
    mutating func moment() -> Timestamp {
        Timestamp(
            microsecondsSinceEpoch: .random(
                in: -1_000_000_000_000_000...4_000_000_000_000_000,
                using: &random
            )
        )
    }

    mutating func place() -> Place {
        // Never nil: the range is the one that places have.
        Place(rawValue: .random(in: 0...(.max), using: &random)) ?? Place(of: Self.id, seed: random.next())
    }

    mutating func policy() -> UserPolicy {
        let window = chance(1, in: 2) ? nil : window()
        return UserPolicy(
            cadence: Cadence(
                every: window == nil
                    ? one(of: [.seconds(1), .minutes(10), .hours(1), .hours(6), .hours(24), .days(7)])
                    : one(of: [.days(1), .days(2), .days(7)]),
                window: window
            ),
            minimumInterval: one(of: [.zero, .minutes(1), .hours(1), .hours(6), .hours(24), .hours(30)]),
            attemptsPerDay: .random(in: 1...6, using: &random),
            failureBackoff: Backoff(
                first: one(of: [.minutes(1), .hours(6)]),
                ceiling: one(of: [.hours(1), .days(7)]),
                jitter: .upperHalf
            ),
            outageBackoff: Backoff(
                first: one(of: [.seconds(1), .seconds(30)]),
                ceiling: one(of: [.minutes(1), .hours(1)]),
                jitter: .full
            ),
            outageTriesPerSlot: .random(in: 1...4, using: &random),
            longestRetryAfter: one(of: [.minutes(1), .hours(1), .hours(24)]),
            serverErrors: one(of: UserPolicy.ServerErrors.allCases)
        )
    }

    /// Hours of any length in a zone whose clock is set often, and by up to a day.
    mutating func window() -> DailyWindow {
        while true {
            let times = [0, 0].map { _ in TimeOfDay(minutes: .random(in: 0..<1_440, using: &random)) }
            if let window = DailyWindow(from: times[0], to: times[1], zone: zone()) { return window }
        }
    }

    mutating func zone() -> ZoneRules {
        let offsets: [Int64] = [-39_600, -3_600, 0, 1_800, 3_208, 3_600, 7_200, 50_400]
        var moment: Int64 = -1_100_000_000
        var transitions: [ZoneRules.Transition] = []
        while moment < 4_100_000_000 {
            moment += .random(in: 1_000_000...20_000_000, using: &random)
            transitions.append(ZoneRules.Transition(secondsSinceEpoch: moment, offset: one(of: offsets)))
        }
        return ZoneRules(name: "Arbitrary", firstOffset: 3_208, transitions: transitions) ?? .utc
    }

    mutating func outcome() -> Outcome {
        let outcomes = Self.outcomes
        return one(of: outcomes + [.throttled(retryAfter: duration(.zero, .days(3)))])
    }

    mutating func attempt(_ outcome: Outcome, endedAt: Timestamp) -> Attempt {
        let duration = duration(.zero, .minutes(5))
        return Attempt(
            outcome: outcome,
            httpStatus: nil,
            trigger: chance(1, in: 4) ? .manual : .schedule,
            startedAt: endedAt.advanced(by: .zero - duration),
            endedAt: endedAt,
            duration: duration
        )
    }

    /// A user in any state, with a past that can have led to `now`.
    mutating func user(now: Timestamp) -> User {
        func past(_ most: Duration) -> Timestamp { now.advanced(by: .zero - duration(.zero, most)) }
        func around(_ most: Duration) -> Timestamp { now.advanced(by: duration(.zero - most, most)) }
        var record = User.Record(slot: around(.days(8)))
        if chance(3, in: 4) {
            let reachedAt = past(chance(1, in: 2) ? .hours(8) : .days(9))
            record.reachedAt = reachedAt
            record.day = reachedAt.day
            record.attemptsToday = .random(in: 1...7, using: &random)
        }
        record.failures = .random(in: 0...12, using: &random)
        record.outageTries = .random(in: 0...4, using: &random)
        record.outageWaits = .random(in: 0...8, using: &random)
        if chance(1, in: 2) { record.failingSince = past(.days(30)) }
        if chance(1, in: 2) { record.lastSuccess = past(.days(30)) }
        if chance(1, in: 3) {
            record.refusal = Refusal(
                status: one(of: [404, 409, 422]), turns: .random(in: 1...4, using: &random), turnEnds: around(.days(2)))
        }
        let state: UserState
        switch Int.random(in: 0..<7, using: &random) {
        case 0: state = .scheduled(due: past(.days(2)))
        case 1: state = .scheduled(due: around(.days(8)))
        case 2: state = .backingOff(due: past(.days(2)))
        case 3: state = .backingOff(due: around(.days(8)))
        case 4: state = .parked(one(of: ParkReason.allCases), since: past(.days(9)))
        case 5: state = .paused(nil)
        default:
            let until = around(.days(3))
            state = .paused(PauseEnd(until: until, due: until.advanced(by: duration(.zero, .days(1)))))
        }
        return User(
            id: Self.id,
            place: place(),
            group: GroupName("gold"),
            state: state,
            record: record,
            tokenVersion: 3,
            tokenExpiresAt: around(.days(90))
        )
    }

    /// Every way a call can end, waits that Tight asks for apart.
    static let outcomes: [Outcome] = [
        .refreshed, .rejected(messages: []), .rejected(messages: ["no such account"]), .unauthorized,
        .forbidden,
        .throttled(retryAfter: nil), .throttled(retryAfter: .zero), .throttled(retryAfter: .hours(1)),
        .throttled(retryAfter: .days(3)), .throttled(retryAfter: .seconds(-5)),
        .unavailable(.nameNotResolved), .unavailable(.notConnected), .unavailable(.handshakeFailed),
        .unavailable(.proxy(.noAnswer)), .unavailable(.status(503)),
        .unavailable(.status(503, retryAfter: .hours(2))), .unavailable(.status(502, retryAfter: .days(3))),
        .refused(status: 404), .refused(status: 409), .unknown(.requestTimeout),
        .unknown(.timeout), .unknown(.connectionLost), .unknown(.gatewayTimeout), .unknown(.crash),
        .unknown(.failover),
        .unknown(.givenUp),
        .malformed(Malformation(.notJSON, bytes: 12, contentType: "text/html")),
        .misconfigured(.status(404)), .misconfigured(.certificate(.selfSigned)), .misconfigured(.keyMissing),
        .misconfigured(.tokenDamaged), .misconfigured(.clientCertificateRequired),
        .misconfigured(.handshake(.notTLS)), .misconfigured(.proxy(.credentialsMissing)),
    ]

    /// Any id will do where only the place matters.
    static let id: UserID = {
        do { return try UserID("arbitrary") } catch { preconditionFailure("\(error)") }
    }()
}
