import FleetMetrics
import RefreshCore

/// The figures that are looked at first.
enum TileSection {
    static func html(_ overview: Overview) -> String {
        let tiles = [schedule(overview), tight(overview), calls(overview), latency(overview)]
        return "<dl class=\"tiles\">"
            + tiles.map {
                "<div>\(HTML.element("dt", "", $0.name))\(HTML.element("dd", "", $0.value))"
                    + "\(HTML.element("dd", "aside", $0.aside))</div>"
            }.joined() + "</dl>"
    }

    private typealias Tile = (name: String, value: String, aside: String)

    private static func schedule(_ overview: Overview) -> Tile {
        guard let census = overview.fleet.census else { return ("Schedule", "unknown", "the store does not answer") }
        let lag = overview.fleet.scheduleLag
        guard lag >= .seconds(30) else {
            let waiting = census.overdue > 0 ? "\(Words.counted(census.overdue, "user")) due now" : "nobody waits"
            return ("Schedule", "on time", waiting)
        }
        return ("Schedule", "\(Words.span(lag)) late", "\(Words.counted(census.overdue, "user")) due")
    }

    private static func tight(_ overview: Overview) -> Tile {
        let fleet = overview.fleet
        let openings = overview.tallies.breakerOpenings
        let past =
            openings == 0
            ? "the breaker has not opened"
            : "the breaker opened \(openings == 1 ? "once" : "\(Words.grouped(openings)) times")"
        if let pause = fleet.throttling {
            return ("Tight", "busy", "wait until \(Words.moment(pause.until, now: overview.now))")
        }
        switch fleet.breaker {
        case .closed: return ("Tight", overview.tallies.outcomes.total == 0 ? "not called yet" : "answers", past)
        case .open(let opening):
            return ("Tight", "not well", "breaker open until \(Words.moment(opening.until, now: overview.now))")
        case .probing: return ("Tight", "being probed", "the breaker closes if it answers")
        }
    }

    private static func calls(_ overview: Overview) -> Tile {
        let fleet = overview.fleet
        return (
            "Calls under way", "\(Words.grouped(fleet.inFlight)) of \(Words.grouped(fleet.concurrency))",
            "at most \(rate(fleet.learnedRate ?? fleet.rateLimit)) a second begin"
                + (fleet.learnedRate == nil ? "" : ": Tight lets no more through")
        )
    }

    private static func latency(_ overview: Overview) -> Tile {
        let calls = overview.tallies.calls
        guard calls.count > 0 else { return ("A call takes", "unknown", "none has ended yet") }
        func words(_ share: Double) -> String {
            calls.bound(ofShare: share).map { "up to \(Words.bound($0))" } ?? "over 3 min"
        }
        return ("A call takes", words(0.5), "half of them; 19 of 20 \(words(0.95))")
    }

    private static func rate(_ value: Double) -> String {
        value == value.rounded() && value < 1e9 ? Words.grouped(Int(value)) : "\(value)"
    }
}
