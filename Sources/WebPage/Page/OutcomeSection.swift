import FleetMetrics
import RefreshCore

/// What came of the last day's calls, one bar each.
enum OutcomeSection {
    static func html(_ overview: Overview) -> String {
        let counts = overview.fleet.lastDay
        let total = counts.values.reduce(0, +)
        let title = "<h2 id=\"outcomes-title\">Outcomes of the last day</h2>"
        guard total > 0 else { return title + HTML.element("p", "quiet", "No call was made.") }
        let most = counts.values.max() ?? 1
        let rows = OutcomeKind.allCases.filter { counts[$0] != nil || $0 == .refreshed }.map { kind in
            let count = counts[kind] ?? 0
            return """
                <tr>\(HTML.element("th", "", words(for: kind)))<td class="bar">\(bar(count, of: most, kind))</td>\
                \(HTML.element("td", "figure", count.grouped))\
                \(HTML.element("td", "figure share", Words.percent(count, of: total)))</tr>
                """
        }
        return title + "<table class=\"outcomes\"><tbody>\(rows.joined(separator: "\n"))</tbody></table>"
    }

    private static func bar(_ count: Int, of most: Int, _ kind: OutcomeKind) -> String {
        let width = count == 0 ? 0 : max(1, 100 * Double(count) / Double(max(1, most)))
        return #"<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">"#
            + #"<rect class="track" width="100" height="10"/>"#
            + #"<rect class="\#(kind == .refreshed ? "good" : "bad")" width="\#(HTML.number(width))" height="10"/></svg>"#
    }

    static func words(for kind: OutcomeKind) -> String {
        switch kind {
        case .refreshed: "refreshed"
        case .rejected: "rejected by the bank"
        case .unauthorized: "token refused"
        case .forbidden: "rights missing"
        case .refused: "refused"
        case .throttled: "asked to slow down"
        case .unavailable: "Tight out of reach or failing"
        case .unknown: "no answer came"
        case .malformed: "answer not understood"
        case .misconfigured: "configuration wrong"
        }
    }
}
