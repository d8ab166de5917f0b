import RefreshCore

/// The daemons that share the store; empty if it belongs to one.
enum FleetSection {
    static func html(_ overview: Overview) -> String {
        guard let fleet = overview.fleet.fleet else { return "" }
        let living = fleet.living.count
        let rows = fleet.members.map { member in
            let isHere = member.id == fleet.member
            let works = fleet.isLiving(member)
            let state = works ? "works" : "not heard from since \(Words.moment(member.seenAt, now: overview.now))"
            let share = works ? Words.percent(1, of: max(1, living)) : ""
            return "<tr>\(HTML.element("th", "", member.name + (isHere ? ", this one" : "")))"
                + HTML.element("td", "", state) + HTML.element("td", "figure", share)
                + HTML.element("td", "figure", works ? member.report.callsInFlight.grouped : "")
                + HTML.element("td", "figure", member.report.calls.grouped) + HTML.element("td", "", member.version)
                + "</tr>"
        }
        let heads = ["Daemon", "State", "Share", "In flight", "Calls since its start", "Version"]
        return "<h2 id=\"fleet-title\">Daemons of this store</h2><table class=\"hours\"><thead><tr>"
            + heads.map { HTML.element("th", "", $0) }.joined() + "</tr></thead><tbody>" + rows.joined()
            + "</tbody></table>"
    }
}
