import RefreshCore

/// The users by state: one bar for all, and a figure for each part.
enum UserSection {
    private struct Part {
        let name: String
        let aside: String
        let style: String
        let count: Int
    }

    static func html(_ overview: Overview) -> String {
        let title = "<h2 id=\"users-title\">Users</h2>"
        guard let census = overview.fleet.census, let fresh = overview.fleet.fresh else {
            return title + HTML.element("p", "quiet", "The store does not answer.")
        }
        guard census.users > 0 else {
            return title + HTML.element("p", "quiet", "There are none yet.")
                + HTML.element("code", "command", "bankrefreshd users import users.csv")
        }
        let waiting = max(0, (census.byState[.scheduled] ?? 0) - fresh)
        let parts = [
            Part(name: "fresh", aside: "wait for their regular time", style: "fresh", count: fresh),
            Part(name: "due", aside: "are next to be called", style: "due", count: waiting),
            Part(
                name: "backing off", aside: "failed, and are tried again", style: "backing",
                count: census.byState[.backingOff] ?? 0),
            Part(name: "parked", aside: "need a person", style: "parked", count: census.byState[.parked] ?? 0),
            Part(name: "paused", aside: "by an operator", style: "paused", count: census.byState[.paused] ?? 0),
        ]
        let rows = parts.map { part in
            """
            <tr><td><svg class="key" viewBox="0 0 10 10" aria-hidden="true"><rect class="\(part.style)" width="10" \
            height="10" rx="2"/></svg></td><th>\(part.name) \(HTML.element("span", "aside", part.aside))</th>\
            \(HTML.element("td", "figure", part.count.grouped))\
            \(HTML.element("td", "figure share", Words.percent(part.count, of: census.users)))</tr>
            """
        }
        return title + bar(parts, of: census.users)
            + "<table class=\"users\"><tbody>\(rows.joined(separator: "\n"))</tbody></table>"
    }

    /// Every part that has users is visible, even one user of a million.
    private static func bar(_ parts: [Part], of users: Int) -> String {
        let shown = parts.filter { $0.count > 0 }
        let least = 1.2
        let free = 100 - least * Double(shown.count)
        var x = 0.0
        var rects = ""
        for (index, part) in shown.enumerated() {
            let width = least + free * Double(part.count) / Double(max(1, shown.reduce(0) { $0 + $1.count }))
            rects +=
                #"<rect class="\#(part.style)" x="\#(HTML.number(x))" width="\#(HTML.number(index == shown.count - 1 ? 100 - x : width - 0.4))" height="10"/>"#
            x += width
        }
        return #"<svg class="stack" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">\#(rects)</svg>"#
    }
}
