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
}

extension SharedStoreTests.Member {
    fileprivate var breakerChanges: [Breaker.Change] {
        daemon.events.events.compactMap { if case .breaker(let change) = $0 { change } else { nil } }
    }
}
