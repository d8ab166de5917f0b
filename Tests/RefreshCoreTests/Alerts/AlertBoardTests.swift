import RefreshCore
import Testing

@Suite struct AlertBoardTests {
    private static let start = Timestamp(secondsSinceEpoch: 1_900_000_000)

    private func clock(_ minute: Int64) -> ClockReading {
        ClockReading(wall: Self.start.advanced(by: .minutes(minute)), sinceBoot: .minutes(minute))
    }

    /// Shows the board the same every five minutes and returns who was raised.
    private func raised(_ values: [AlertKind: Double], in board: inout AlertBoard, minutes: Range<Int64>) -> [AlertKind]
    {
        stride(from: minutes.lowerBound, to: minutes.upperBound, by: 5).flatMap { minute in
            board.observe(
                values.mapValues { .figure(.init(value: $0)) }, policy: AlertPolicy(), at: clock(minute)
            ).compactMap { change in if case .alertRaised(let alert) = change { alert.kind } else { nil } }
        }
    }

    @Test func `one trouble has one alert`() {
        var one = AlertBoard()
        #expect(raised([.rejected: 0.5, .failing: 0.5], in: &one, minutes: 0..<60) == [.rejected])
        var mixed = AlertBoard()
        let shares: [AlertKind: Double] = [.rejected: 0.15, .refused: 0.05, .api: 0.15, .failing: 0.35]
        #expect(raised(shares, in: &mixed, minutes: 0..<60) == [.failing])
        // The one reason that is left does not make the other alert end, nor come twice.
        #expect(raised([.rejected: 0.5, .failing: 0.5], in: &mixed, minutes: 60..<120) == [.rejected])
        #expect(mixed.raised.map(\.kind) == [.rejected, .failing])
    }

    @Test func `all alerts can be switched off at once, and each has its end`() {
        var board = AlertBoard()
        #expect(raised([.rejected: 0.5, .late: 9_000], in: &board, minutes: 0..<60) == [.rejected, .late])
        var policy = AlertPolicy()
        policy.isEnabled = false
        let ends = board.observe([:], policy: policy, at: clock(60))
        #expect(ends.count == 2 && board.raised.isEmpty)
        #expect(board.observe([.late: .figure(.init(value: 9_000))], policy: policy, at: clock(65)).isEmpty)
    }

    @Test func `what was not measured stays as it is`() {
        var board = AlertBoard()
        #expect(raised([.stale: 0.5], in: &board, minutes: 0..<60) == [.stale])
        #expect(board.observe([:], policy: AlertPolicy(), at: clock(500)).isEmpty)
        #expect(board.raised.map(\.kind) == [.stale])
        #expect(board.isAstir([.stale]) && !board.isAstir([.late, .api]))
    }
}
