import FleetMetrics
import RefreshCore

/// The last day's calls against the plan, and the plan of the next hours.
enum CurveSection {
    static func html(_ overview: Overview) -> String {
        let wide = LoadCurve(overview, quartersPerBar: 1, width: 1040, height: 240, hoursPerLabel: 3)
        let narrow = LoadCurve(overview, quartersPerBar: 4, width: 360, height: 220, hoursPerLabel: 6)
        let counts = overview.fleet.lastDay
        let called = counts.values.reduce(0, +)
        let failed = called - (counts[.refreshed] ?? 0)
        var summary = "\(called.counted("call")) in the last day"
        if called > 0 { summary += ", \(failed.grouped) of them failed" }
        return """
            <h2 id="curve-title">Calls against plan</h2>
            <p class="legend"><span><svg class="key" viewBox="0 0 10 10" aria-hidden="true"><rect class="good" width="10" \
            height="10" rx="2"/></svg>refreshed</span> <span><svg class="key" viewBox="0 0 10 10" aria-hidden="true">\
            <rect class="bad" width="10" height="10" rx="2"/></svg>failed</span> \
            <span><svg class="key line" viewBox="0 0 20 10" aria-hidden="true"><path class="plan" d="M0 5h20"/></svg>\
            planned</span></p>
            \(HTML.element("p", "quiet", summary + "."))
            <div class="wide">\(wide.svg)</div><div class="narrow">\(narrow.svg)</div>
            <details><summary>The same as a table</summary>\(table(overview))</details>
            """
    }

    private static func table(_ overview: Overview) -> String {
        let bars = LoadCurve.bars(of: overview, quartersPerBar: 4)
        let rows = bars.map { bar in
            "<tr>\(HTML.element("th", "", "\(Words.clock(bar.from)) to \(Words.clock(bar.to))"))"
                + [
                    bar.isAhead ? "" : bar.called.grouped, bar.isAhead ? "" : bar.failed.grouped,
                    bar.planned?.grouped ?? "",
                ].map { HTML.element("td", "figure", $0) }.joined() + "</tr>"
        }
        return "<table class=\"hours\"><thead><tr><th>Hour, UTC</th><th>Called</th><th>Failed</th><th>Planned</th></tr>"
            + "</thead><tbody>\(rows.joined())</tbody></table>"
    }
}
