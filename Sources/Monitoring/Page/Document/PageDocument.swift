import Crypto
import FoundationEssentials
import RefreshCore

/// The page as one document: it loads nothing, and its script only replaces the parts that changed.
enum PageDocument {
    /// Allows only the style and the script in the page, by their hashes.
    static let policy = [
        "default-src 'none'", "style-src '\(hash(of: PageStyle.text))'", "script-src '\(hash(of: PageScript.text))'",
        "connect-src 'self'", "img-src data:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
    ].joined(separator: "; ")

    static func html(_ overview: Overview) -> String {
        let parts = fragments(overview)
        func part(_ name: String) -> String { parts[name] ?? "" }
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="robots" content="noindex">
            <title>\(HTML.escaped(title(overview)))</title>
            <link rel="icon" href="\(icon)">
            <style>\(PageStyle.text)</style>
            </head>
            <body>
            <header id="head">\(part("head"))</header>
            <p id="stale" role="alert" hidden>The daemon does not answer. What you see is from <span id="last"></span>.
            On its machine: <code>systemctl status bankrefreshd</code></p>
            <main>
            <section id="health" aria-live="polite">\(part("health"))</section>
            <section id="needs" aria-labelledby="needs-title">\(part("needs"))</section>
            <section id="tiles" aria-label="Figures">\(part("tiles"))</section>
            <section id="curve" aria-labelledby="curve-title">\(part("curve"))</section>
            <div class="pair">
            <section id="outcomes" aria-labelledby="outcomes-title">\(part("outcomes"))</section>
            <section id="users" aria-labelledby="users-title">\(part("users"))</section>
            </div>
            <section id="fleet" aria-label="Daemons">\(part("fleet"))</section>
            </main>
            <footer id="foot">\(part("foot"))</footer>
            <script>\(PageScript.text)</script>
            </body>
            </html>

            """
    }

    /// The parts that change, by the id of the element that holds them.
    static func fragments(_ overview: Overview) -> [String: String] {
        [
            "head": HealthSection.head(overview), "health": HealthSection.banner(overview),
            "needs": HealthSection.needs(overview), "tiles": TileSection.html(overview),
            "curve": CurveSection.html(overview), "outcomes": OutcomeSection.html(overview),
            "users": UserSection.html(overview), "fleet": FleetSection.html(overview),
            "foot": HealthSection.foot(overview),
        ]
    }

    static func title(_ overview: Overview) -> String {
        "\(overview.health.headline) · \(overview.title ?? "bankrefreshd")"
    }

    /// Source: Content Security Policy Level 3, section 2.3.1, hash sources.
    private static func hash(of text: String) -> String {
        "sha256-" + Data(SHA256.hash(data: Data(text.utf8))).base64EncodedString()
    }

    private static let icon =
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32'"
        + " rx='8' fill='%232a78d6'/%3E%3Cpath d='M9 17a7 7 0 1 0 2-6M11 6v5h5' fill='none' stroke='white'"
        + " stroke-width='3' stroke-linecap='round' stroke-linejoin='round'/%3E%3C/svg%3E"
}

/// The last day's calls against the plan, and the plan for the next hours.
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

/// The page's script: fetches the overview and replaces what changed.
///
/// The daemon made and escaped everything that it inserts.
enum PageScript {
    static let text = """
        (() => {
          "use strict";
          const every = 5000, shown = {}, stale = document.getElementById("stale");
          const last = document.getElementById("last");
          let at = document.querySelector("time").textContent, timer;
          async function update() {
            clearTimeout(timer);
            try {
              const answer = await fetch("api/overview", {cache: "no-store", signal: AbortSignal.timeout(8000)});
              if (!answer.ok) throw new Error(answer.status);
              const overview = await answer.json();
              for (const [id, html] of Object.entries(overview.fragments)) {
                const element = document.getElementById(id);
                if (!element || shown[id] === html) continue;
                const open = element.querySelector("details[open]") !== null;
                element.innerHTML = html;
                if (open) element.querySelector("details")?.setAttribute("open", "");
                shown[id] = html;
              }
              document.title = overview.documentTitle;
              at = document.querySelector("time").textContent;
              stale.hidden = true;
            } catch {
              last.textContent = at;
              stale.hidden = false;
            }
            if (!document.hidden) timer = setTimeout(update, every);
          }
          document.addEventListener("visibilitychange", () => { if (!document.hidden) update(); });
          timer = setTimeout(update, every);
        })();
        """
}

/// The outcomes of the last day's calls, one bar each.
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
        case .forbidden: "permission missing"
        case .refused: "refused"
        case .throttled: "asked to slow down"
        case .unavailable: "Tight out of reach or failing"
        case .unknown: "no answer came"
        case .malformed: "answer not understood"
        case .misconfigured: "configuration wrong"
        }
    }
}
