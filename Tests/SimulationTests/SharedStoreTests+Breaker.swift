import RefreshCore
import RefreshDaemon
import TestSupport
import Testing

/// The breaker that daemons of one store share, with openings of their own.
extension SharedStoreTests {
    private func start(_ ids: ClosedRange<Int64>, seed: UInt64) -> [Member] {
        ids.map { start($0, seed: seed * 10 + UInt64($0)) }
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func `after a short outage nobody stops again once the probes were answered`(seed: UInt64) async throws {
        try await addUsers(40_000)
        let members = start(1...4, seed: seed)
        advance(members, by: .minutes(1))
        bank.answer { _, _, _ in (.unavailable(.status(503)), .milliseconds(200)) }
        // Long enough that several open their breakers by themselves.
        advance(members, by: .seconds(10))
        bank.answer { _, _, _ in (.refreshed, .milliseconds(200)) }
        advance(members, by: .minutes(3))
        for member in members {
            #expect(member.daemon.gate.breaker == .closed)
            let changes = member.breakerChanges
            let closed = try #require(changes.firstIndex { if case .closed = $0 { true } else { false } })
            #expect(!changes[closed...].contains { if case .opened = $0 { true } else { false } })
        }
        try await stop(members)
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64], [false, true])
    func `a daemon that is cut off by itself does not prolong an outage of the others`(
        seed: UInt64, isPauseEnding: Bool
    ) async throws {
        try await addUsers(40_000)
        let members = start(1...2, seed: seed)
        let cut = ScriptedBank(time: world.time) { _, _, _ in (.unavailable(.notConnected), .milliseconds(5)) }
        let lonely = start(3, bank: cut, seed: seed * 10 + 3)
        let all = members + [lonely]
        // Its pauses grow, and the present one has just begun.
        while lonely.pauseLeft(at: world.time.now) < .minutes(3), world.time.uptime < .hours(2) {
            advance(all, by: .seconds(5))
        }
        #expect(lonely.pauseLeft(at: world.time.now) >= .minutes(3))
        if isPauseEnding {
            // The others' pause will be longer than what is left of its own.
            advance(all, by: lonely.pauseLeft(at: world.time.now) - .seconds(8))
        }
        for member in members { #expect(member.daemon.gate.breaker == .closed) }
        bank.answer { _, _, _ in (.unavailable(.status(503)), .milliseconds(200)) }
        advance(all, by: .seconds(10))
        for member in members { #expect(member.daemon.gate.breaker != .closed) }
        bank.answer { _, _, _ in (.refreshed, .milliseconds(200)) }
        advance(all, by: .seconds(110))
        for member in members { #expect(member.daemon.gate.breaker == .closed) }
        let before = bank.log.count
        advance(all, by: .seconds(30))
        #expect(bank.log.count > before + 200)
        #expect(lonely.daemon.gate.breaker != .closed)
        try await stop(all)
    }

    /// What it would raise an alert for is unknown while its breaker is open, but not to the others.
    @Test func `a daemon that is cut off by itself leaves the duties to the others`() async throws {
        try await addUsers(40_000)
        let time = world.time
        let cut = ScriptedBank(time: time) { _, _, _ in
            time.uptime < .minutes(31)
                ? (.refreshed, .milliseconds(200)) : (.unavailable(.notConnected), .milliseconds(5))
        }
        let lonely = start(3, bank: cut)
        advance([lonely], by: .seconds(20))
        let all = [lonely, start(1), start(2)]
        advance(all, by: .seconds(30))
        #expect(FleetDuty.allCases.allSatisfy { fleet.isOnDuty(3, $0) })
        advance(all, by: .minutes(3))
        #expect(lonely.daemon.gate.breaker != .closed)
        #expect(FleetDuty.allCases.allSatisfy { !fleet.isOnDuty(3, $0) })
        try await stop(all)
    }
}

extension SharedStoreTests.Member {
    fileprivate func pauseLeft(at now: Timestamp) -> Duration {
        daemon.gate.breaker.opening.map { now.duration(to: $0.until) } ?? .zero
    }

    fileprivate var breakerChanges: [Breaker.Change] {
        daemon.events.events.compactMap { if case .breaker(let change) = $0 { change } else { nil } }
    }
}
