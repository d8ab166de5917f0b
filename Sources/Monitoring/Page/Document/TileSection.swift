import RefreshCore

/// The figures that readers look at first.
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
            let waiting = census.overdue > 0 ? "\(census.overdue.counted("user")) due now" : "nobody waits"
            return ("Schedule", "no backlog", waiting)
        }
        return ("Schedule", "\(Words.span(lag)) behind", "\(census.overdue.counted("user")) due")
    }

    private static func tight(_ overview: Overview) -> Tile {
        let fleet = overview.fleet
        let openings = overview.tallies.breakerOpenings
        let past =
            openings == 0
            ? "the breaker has not opened"
            : "the breaker opened \(openings == 1 ? "once" : "\(openings.grouped) times")"
        if let pause = fleet.throttling {
            return ("Tight", "busy", "wait until \(Words.moment(pause.until, now: overview.now))")
        }
        switch fleet.breaker {
        case .closed: return ("Tight", overview.tallies.calls.count == 0 ? "not called yet" : "answers", past)
        case .open(let opening):
            return ("Tight", "not well", "breaker open until \(Words.moment(opening.until, now: overview.now))")
        case .probing: return ("Tight", "being probed", "the breaker closes if it answers")
        }
    }

    private static func calls(_ overview: Overview) -> Tile {
        let fleet = overview.fleet
        return (
            "Calls under way", "\(fleet.inFlight.grouped) of \((fleet.concurrency ?? 0).grouped)",
            "at most \(rate(fleet.learnedRate ?? fleet.rateLimit)) a second begin"
                + (fleet.learnedRate == nil ? "" : ": Tight lets no more through")
        )
    }

    private static func latency(_ overview: Overview) -> Tile {
        let calls = overview.tallies.calls
        guard calls.count > 0 else { return ("A call takes", "unknown", "none has ended yet") }
        func words(_ share: Double) -> String {
            calls.bound(ofShare: share).map { "up to \(bound($0))" } ?? "over 3 min"
        }
        return ("A call takes", words(0.5), "half of them; 19 of 20 \(words(0.95))")
    }

    /// `250 ms`, `2.5 s`, `3 min`: the exact bound.
    private static func bound(_ span: Duration) -> String {
        let microseconds = span.wholeMicroseconds
        guard microseconds >= 1_000_000, microseconds % 1_000_000 > 0 else { return span.roundedText }
        return "\(HTML.number(Double(microseconds) / 1_000_000)) s"
    }

    private static func rate(_ value: Double) -> String {
        value == value.rounded() && value < 1e9 ? Int(value).grouped : "\(value)"
    }
}
