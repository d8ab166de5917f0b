import RefreshCore

/// How the upstream fares, phase after phase, on the steady clock.
struct Weather: Sendable {
    enum Kind: Sendable, Equatable {
        case healthy
        /// Nothing gets through.
        case outage(Outage)
        /// Three calls in ten get through.
        case brownOut
        case throttling(retryAfter: Duration?)
        /// Ever slower, until nothing is answered in time.
        case slowDeath
        /// Down and up again, every few minutes.
        case flapping
        case garbage
    }

    enum Outage: Sendable, CaseIterable {
        case unavailable, noConnection, timeouts, wrongAddress
    }

    struct Phase: Sendable {
        let from: Duration
        let until: Duration
        let kind: Kind
    }

    /// How long a call waits for an answer.
    static let timeout = Duration.seconds(180)

    var phases: [Phase]

    func phase(at uptime: Duration) -> Phase? {
        phases.first { $0.from <= uptime && uptime < $0.until }
    }

    /// What a call that begins now meets, for a user nothing is wrong with.
    func answer(at uptime: Duration, using random: inout SplitMix64) -> (Outcome, latency: Duration) {
        let quick = Duration.milliseconds(Int64.random(in: 50...2_500, using: &random))
        let chance = Int.random(in: 0..<100, using: &random)
        guard let phase = phase(at: uptime) else { return (.refreshed, quick) }
        switch phase.kind {
        case .healthy: return (.refreshed, quick)
        case .outage(let outage): return Self.answer(in: outage, quick: quick)
        case .brownOut:
            if chance < 30 { return (.refreshed, quick * 3) }
            return chance < 80 ? (.unavailable(.status(503)), quick) : (.unknown(.timeout), Self.timeout)
        case .throttling(let wait): return (.throttled(retryAfter: wait), quick)
        case .slowDeath:
            let share = (uptime - phase.from) / (phase.until - phase.from)
            let latency = quick + .seconds(300) * share
            return latency < Self.timeout ? (.refreshed, latency) : (.unknown(.timeout), Self.timeout)
        case .flapping:
            let isDown = Int((uptime - phase.from) / .seconds(240)).isMultiple(of: 2)
            return isDown ? (.unavailable(.notConnected), quick) : (.refreshed, quick)
        case .garbage:
            return (.malformed(Malformation(.notJSON, bytes: 512, contentType: "text/html")), quick)
        }
    }

    private static func answer(in outage: Outage, quick: Duration) -> (Outcome, Duration) {
        switch outage {
        case .unavailable: (.unavailable(.status(502)), quick)
        case .noConnection: (.unavailable(.nameNotResolved), .milliseconds(3))
        case .timeouts: (.unknown(.timeout), timeout)
        case .wrongAddress: (.misconfigured(.status(404)), quick)
        }
    }
}

extension Poison {
    var answer: (Outcome, latency: Duration) {
        switch self {
        case .rejected: (.rejected(messages: ["the bank asks to log in anew"]), .seconds(2))
        case .hangs: (.unknown(.timeout), Weather.timeout)
        case .unauthorized: (.unauthorized, .milliseconds(100))
        case .forbidden: (.forbidden, .milliseconds(100))
        case .refused: (.refused(status: 404), .milliseconds(100))
        case .refusedForNow: (.refused(status: 409), .milliseconds(100))
        case .malformed: (.malformed(Malformation(.noResult, bytes: 2, contentType: nil)), .milliseconds(300))
        }
    }
}
