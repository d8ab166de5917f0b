import RefreshCore
import RefreshDaemon

extension Scenario {
    /// How much of it there is: about so many calls at the upstream.
    enum Size: Int, Sendable {
        case usual = 6_000
        case large = 60_000
    }

    init(seed: UInt64) throws {
        // Thousands of users take their time: every twentieth story.
        let size = seed.isMultiple(of: 20) ? Size.large : .usual
        var dice = Dice(seed: seed)
        self.seed = seed
        let every = dice.pick([.minutes(30), .hours(1), .hours(4), .hours(12), .hours(24), .hours(24)] as [Duration])
        groups = [nil] + (0..<dice.pick([0, 0, 1, 2])).map { GroupName("group-\($0)") }
        // The fewest first, for the number of users decides the limits and the limits the pace.
        roughSpan = dice.span(max(.hours(12), every)...max(.days(2), every * 4))
        if size == .large { roughSpan = roughSpan * 3 }
        let turns = 2 * ((roughSpan + every * 5 + .days(4)) / every)
        users = max(1, min(Int(Double(size.rawValue) / turns), dice.pick([3, 40, 400, 5_000])))
        settings = []
        for _ in 0..<dice.number(1...4) {
            let pace = settings.isEmpty ? every : dice.pick([every, every, every * 2])
            settings.append(Self.settings(users: users, every: pace, groups: groups, &dice))
        }
        if dice.chance(50) { for index in settings.indices { settings[index].policies = settings[0].policies } }
        weather = Weather(phases: [])
        poison = [:]
        for kind in Poison.allCases where dice.chance(30) { poison[dice.number(0...(users - 1))] = kind }
        storeManners = dice.pick([
            StoreManners(), StoreManners(yields: 40),
            StoreManners(yields: 20, delays: 10, longest: .milliseconds(50)),
            StoreManners(yields: 10, delays: 40, longest: .seconds(2)),
        ])
        acts = []
        recoverySpan = .zero
        steadySpan = .zero
        weather = Self.weather(for: roughSpan, &dice)
        acts = Self.acts(users: users, settings: settings.count, over: roughSpan, &dice)
        let longest = allPolicies.map(\.longestSpan).max() ?? .zero
        recoverySpan = longest + slack
        steadySpan = (allPolicies.map(\.pace).max() ?? .zero) * 2 + slack
    }

    /// What limits and slow stores add to every wait.
    var slack: Duration {
        let rate = settings.map(\.admission.requestsPerSecond).min() ?? 1
        return .minutes(30) + .seconds(3) * (Double(users) / rate / 3 + 1)
    }

    private static func weather(for span: Duration, _ dice: inout Dice) -> Weather {
        var phases: [Weather.Phase] = []
        var from = Duration.zero
        while from < span {
            let until = min(span, from + dice.spanOfAnySize(.minutes(5)...(.hours(12))))
            let kind: Weather.Kind =
                dice.chance(45)
                ? .healthy
                : dice.pick([
                    .outage(dice.pick(Weather.Outage.allCases)), .outage(dice.pick(Weather.Outage.allCases)),
                    .brownOut, .throttling(retryAfter: nil),
                    .throttling(retryAfter: dice.spanOfAnySize(.seconds(1)...(.hours(20)))), .slowDeath, .flapping,
                    .garbage,
                ])
            phases.append(Weather.Phase(from: from, until: until, kind: kind))
            from = until
        }
        return Weather(phases: phases)
    }
}

extension UserPolicy {
    /// How often a user is called when all is well: a minimum interval of more than half a turn may put a call off.
    var pace: Duration { cadence.every + minimumInterval }

    /// The longest time from any trouble's end to the next call.
    var longestSpan: Duration {
        let wait = max(failureBackoff.ceiling, outageBackoff.ceiling, longestRetryAfter, minimumInterval)
        return wait + wait / 10 + .days(2) + cadence.every
    }
}
