import Crypto
import FoundationEssentials
import RefreshCore

/// The page as one document: it loads nothing, and its script only exchanges the parts that changed.
enum PageDocument {
    /// Allows the style and the script that are in the page, by their hashes, and nothing else.
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
            "users": UserSection.html(overview), "foot": HealthSection.foot(overview),
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
