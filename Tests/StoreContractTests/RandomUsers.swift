import RefreshCore

/// Users of every kind, with records full of corner values; the same for the same seed.
struct RandomUsers {
    private var random: SplitMix64

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
    }

    mutating func new(_ index: Int) throws -> NewUser {
        let names = ["plain", "Åsa", "A\u{30A}sa", "用户", "🏦👍🏽", "a'b\"c;--", "with space", "%_\\"]
        return NewUser(
            id: try UserID("\(pick(names)) \(index)"),
            group: group(),
            token: token(),
            expiresAt: maybe { $0.moment() }
        )
    }

    mutating func token() -> SealedToken {
        let count = Int.random(in: 1...200, using: &random)
        return SealedToken(bytes: (0..<count).map { _ in .random(in: .min ... .max, using: &random) })
    }

    mutating func group() -> GroupName? {
        maybe { generator in
            GroupName(generator.pick(["night", "A-Z_9.x", String(repeating: "g", count: 64)]))
        } ?? nil
    }

    mutating func state() -> UserState {
        switch Int.random(in: 0..<5, using: &random) {
        case 0: .scheduled(due: moment())
        case 1: .backingOff(due: moment())
        case 2: .parked(pick(ParkReason.allCases), since: moment())
        case 3: .paused(nil)
        default: .paused(PauseEnd(until: moment(), due: moment()))
        }
    }

    mutating func record() -> User.Record {
        var record = User.Record(slot: moment())
        record.failures = count()
        record.outageTries = count()
        record.outageWaits = count()
        record.reachedAt = maybe { $0.moment() }
        record.day = Int64.random(in: -10...30_000, using: &random)
        record.attemptsToday = count()
        record.lastSuccess = maybe { $0.moment() }
        record.failingSince = maybe { $0.moment() }
        record.refusal = maybe {
            Refusal(status: $0.pick([400, 404, 499]), turns: $0.pick([1, 3, .max]), turnEnds: $0.moment())
        }
        record.lastAttempt = maybe { $0.attempt() }
        return record
    }

    private mutating func attempt() -> User.LastAttempt {
        User.LastAttempt(
            at: moment(),
            outcome: pick(OutcomeKind.allCases),
            httpStatus: maybe { $0.pick([100, 200, 429, 599]) },
            reason: maybe {
                $0.pick([
                    "", "the bank is closed", "é\u{301} 'quoted' \\ 🏦", String(repeating: "ü", count: 600),
                ])
            }
        )
    }

    private mutating func moment() -> Timestamp {
        let corners: [Int64] = [.min, -1, 0, 1, .max, Timestamp.now.microsecondsSinceEpoch]
        return Timestamp(
            microsecondsSinceEpoch: Bool.random(using: &random)
                ? pick(corners) : .random(in: 0...4_000_000_000_000_000, using: &random)
        )
    }

    private mutating func count() -> Int {
        pick([0, 1, 2, 17, 70_000, .max])
    }

    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &random)]
    }

    private mutating func maybe<Value>(_ value: (inout RandomUsers) -> Value) -> Value? {
        Bool.random(using: &random) ? value(&self) : nil
    }
}
