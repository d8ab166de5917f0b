import RefreshCore

/// The state in words: the head, the banner and the findings that need a person.
enum HealthSection {
    static func head(_ overview: Overview) -> String {
        let now = overview.now.description
        return """
            <h1>\(HTML.escaped(overview.title ?? "bankrefreshd"))</h1>
            <p>\(now.prefix(10)) <time datetime="\(now)">\(now.dropFirst(11).prefix(8)) UTC</time></p>
            """
    }

    static func banner(_ overview: Overview) -> String {
        """
        <div class="banner \(overview.health.level.rawValue)">
        \(icon(overview.health.level))
        <div>\(HTML.element("h2", "", overview.health.headline))\(HTML.element("p", "", overview.subline))</div>
        </div>
        """
    }

    static func needs(_ overview: Overview) -> String {
        guard !overview.health.findings.isEmpty else { return "" }
        let items = overview.health.findings.map { finding in
            """
            <li class="\(finding.level.rawValue)">\(mark(finding.level))
            <div>\(HTML.element("h3", "", finding.title))\(HTML.element("p", "", finding.detail))</div>
            \(HTML.element("code", "command", finding.command))</li>
            """
        }
        return """
            <h2 id="needs-title">What needs a person</h2>
            <ul class="needs">\(items.joined(separator: "\n"))</ul>
            """
    }

    static func foot(_ overview: Overview) -> String {
        """
        <p>bankrefreshd \(HTML.escaped(overview.version)), running since \
        \(HTML.escaped(Words.moment(overview.since, now: overview.now)))</p>
        <p><a href="metrics">metrics</a> <a href="healthz">health</a> <a href="api/overview">JSON</a></p>
        """
    }

    /// Each level has its own sign: colour alone must not tell them apart.
    private static func icon(_ level: Health.Severity) -> String {
        let name: String
        let path: String
        switch level {
        case .well, .note:
            name = "well"
            path = #"<path d="M13 24.5l7.5 7.5L35 16.5"/>"#
        case .starting, .stopping:
            name = level.rawValue
            path = #"<path d="M24 13v12l8 5"/>"#
        case .attention:
            name = "attention"
            path = #"<path d="M24 13v14"/><path d="M24 35v.1"/>"#
        case .trouble:
            name = "trouble"
            path = #"<path d="M16 16l16 16M32 16L16 32"/>"#
        }
        return #"<svg class="icon" viewBox="0 0 48 48" role="img" aria-label="\#(name)">"#
            + #"<circle cx="24" cy="24" r="22"/>\#(path)</svg>"#
    }

    private static func mark(_ level: Health.Severity) -> String {
        let word =
            switch level {
            case .trouble: "trouble"
            case .attention: "look"
            case .well, .starting, .stopping, .note: "note"
            }
        return HTML.element("span", "mark", word)
    }
}
