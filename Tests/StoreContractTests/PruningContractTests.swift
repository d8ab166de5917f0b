import Testing

@testable import RefreshCore

/// Pruning removes what is too old or too many, in small steps, and never the newest.
@Suite struct PruningContractTests {
    private static let day: Int64 = 86_400

    @Test(arguments: Backend.allCases)
    func `what is older than the bound goes by whole days`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            try await store.add("a")
            let midnight = Timestamp.startOfDay(Timestamp.now.day)
            for hours in [-49, -48, -25, -24, -1, 0] as [Int64] {
                try await store.settle(.at(midnight.advanced(by: .hours(hours))), of: "a")
            }
            let removed = try await store.prune(
                HistoryBounds(keep: 100, maximumAge: .days(1)), now: midnight.advanced(by: .hours(12)))
            #expect(removed == 3)
            let left = try await store.history(of: UserID("a"), before: nil, limit: 10)
            #expect(left?.map(\.startedAt) == [0, -1, -24].map { midnight.advanced(by: .hours($0)) })
        }
    }

    @Test(arguments: Backend.allCases, [1, 3, 1_000])
    func `each user keeps its newest`(backend: Backend, limit: Int) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            let counts = [0, 1, 4, 5, 6, 17]
            for count in counts {
                try await store.add("user \(count)")
                for index in 0..<Int64(count) {
                    try await store.settle(.at(.second(index * 40_000)), of: "user \(count)")
                }
            }
            let bounds = HistoryBounds(keep: 5, maximumAge: .days(1_000))
            let removed = try await store.prune(bounds, now: .second(0), limit: limit)
            #expect(removed == 13)
            for count in counts {
                let left = try await store.history(of: UserID("user \(count)"), before: nil, limit: 100)
                #expect(left?.count == min(count, 5))
                if count > 0 { #expect(left?.first?.startedAt == .second(Int64(count - 1) * 40_000)) }
            }
            let nothing = try await store.prune(bounds, now: .second(0), limit: limit)
            #expect(nothing == 0)
        }
    }

    @Test(arguments: Backend.allCases)
    func `a history that is off is removed whole`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            try await store.put((0..<30).map { try NewUser("user \($0)") })
            for second in 0..<3 as Range<Int64> { try await store.settleAll { _ in .at(.second(second)) } }
            let removed = try await store.prune(HistoryBounds(keep: 0), now: .now, limit: 7)
            #expect(removed == 90)
            let left = try await store.history(of: UserID("user 7"), before: nil, limit: 10)
            #expect(left == [])
        }
    }

    @Test(arguments: Backend.allCases)
    func `a step removes no more than it may`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            for id in ["a", "b", "c"] {
                try await store.add(id)
                for second in 0..<20 as Range<Int64> { try await store.settle(.at(.second(second)), of: id) }
            }
            let bounds = HistoryBounds(keep: 2, maximumAge: .days(1_000))
            var place: Place?
            var removals: [Int] = []
            pass: while true {
                let step = try await store.pruneHistory(to: bounds, now: .now, after: place, limit: 7)
                removals.append(step.removed)
                switch step.next {
                case .again: break
                case .after(let next):
                    #expect(place.map { $0 < next } ?? true)
                    place = next
                case .done: break pass
                }
            }
            #expect(removals.allSatisfy { $0 <= 7 })
            #expect(removals.reduce(0, +) == 54)
        }
    }

    @Test(arguments: Backend.allCases)
    func `tallies are dropped when they are a week old`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            try await store.add("a")
            for days in [0, 1, 9, 10] as [Int64] { try await store.settle(.at(.second(days * Self.day)), of: "a") }
            _ = try await store.prune(HistoryBounds(), now: .second(10 * Self.day))
            let tallies = try await store.attemptTallies(since: .epoch)
            #expect(tallies.counts == [.refreshed: 2])
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `however attempts and prunings mix, the newest stay and all stores agree`(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let acts = (0..<120).map { _ in Act(using: &random) }
        var outcomes: [[[AttemptRecord]]] = []
        // A server takes as long for one as the others for all of them.
        for backend in Backend.allCases where backend != .postgresql || seed < 4 {
            try await backend.withStore { opened in
                outcomes.append(try await Self.play(acts, on: opened.store))
            }
        }
        for other in outcomes.dropFirst() { #expect(other == outcomes[0]) }
    }

    private struct Act {
        let user: Int
        let moment: Timestamp
        let bounds: HistoryBounds?

        init(using random: inout SplitMix64) {
            user = Int.random(in: 0..<4, using: &random)
            moment = .second(.random(in: 0...(5 * PruningContractTests.day), using: &random))
            let prunes = Int.random(in: 0..<8, using: &random) == 0
            bounds =
                prunes
                ? HistoryBounds(
                    keep: .random(in: 1...6, using: &random), maximumAge: .days(.random(in: 1...4, using: &random)))
                : nil
        }
    }

    private static func play(_ acts: [Act], on store: any UserStore) async throws -> [[AttemptRecord]] {
        let ids = try (0..<4).map { try UserID("user \($0)") }
        for id in ids { try await store.add(id.rawValue) }
        for act in acts {
            if let bounds = act.bounds {
                var newest: [AttemptRecord?] = []
                for id in ids { newest.append(try await store.history(of: id, before: nil, limit: 1)?.first) }
                _ = try await store.prune(bounds, now: act.moment, limit: 3)
                for (id, newest) in zip(ids, newest) {
                    let left = try #require(try await store.history(of: id, before: nil, limit: 1_000))
                    #expect(left.count <= bounds.keep)
                    let isYoung = newest.map { $0.startedAt >= act.moment.advanced(by: .zero - bounds.maximumAge) }
                    if isYoung ?? false { #expect(left.first == newest) }
                }
            } else {
                try await store.settle(.at(act.moment), of: ids[act.user].rawValue)
            }
        }
        var histories: [[AttemptRecord]] = []
        for id in ids { histories.append(try await store.history(of: id, before: nil, limit: 1_000) ?? []) }
        return histories
    }
}
