import RefreshCore

/// How far the calendar of a store's moments is ahead of this machine's, at least and at most.
struct CalendarOffset: Equatable, Sendable {
    let least: Duration
    let most: Duration

    private static let samples = 5

    /// The offset for a store that no daemon works with.
    ///
    /// A server states its own calendar. Moments in a file are on this machine's calendar as it was when a daemon last
    /// worked there; later steps were not followed.
    init(of store: any UserStore, time: any Timekeeping) async throws(StoreProblem) {
        var narrowest: CalendarOffset?
        for _ in 0..<Self.samples {
            let asked = time.now
            guard let shown = try await store.fleetState()?.calendar else { break }
            let sample = CalendarOffset(least: time.now.duration(to: shown), most: asked.duration(to: shown))
            if narrowest.map({ sample.width < $0.width }) ?? true { narrowest = sample }
        }
        if let narrowest {
            self = narrowest
        } else {
            let step: Duration
            switch try await store.clockMark()?.change(until: time.reading, boot: time.boot) {
            case .stepped(let by): step = by
            case .uncertain(let gap): step = gap
            case nil: step = .zero
            }
            self.init(least: .zero - step, most: .zero - step)
        }
    }

    private init(least: Duration, most: Duration) {
        self.least = least
        self.most = most
    }

    private var width: Duration { most - least }
}
