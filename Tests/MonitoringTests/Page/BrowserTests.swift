import Foundation
import RefreshCore
import Testing

@testable import Monitoring

/// The page in a browser; `BANKREFRESHD_SCREENSHOTS=DIRECTORY` keeps the pictures.
@Suite(.timeLimit(.minutes(5)), .serialized)
struct BrowserTests {
    struct View: Sendable, CustomTestStringConvertible {
        let scene: Scene
        let isPhone: Bool
        let isDark: Bool

        var testDescription: String { "\(scene.rawValue)-\(isPhone ? "phone" : "desk")-\(isDark ? "dark" : "light")" }
    }

    /// Each scene once in CI, and in every way when pictures are wanted.
    static let views: [View] = {
        let isWanted = ProcessInfo.processInfo.environment["BANKREFRESHD_SCREENSHOTS"] != nil
        let all = Scene.allCases.flatMap { scene in
            [false, true].flatMap { isPhone in
                [false, true].map { View(scene: scene, isPhone: isPhone, isDark: $0) }
            }
        }
        return isWanted ? all : all.enumerated().filter { $0.offset % 5 == 0 }.map(\.element)
    }()

    private static func complaints(of page: Chromium) -> [Substring] {
        page.errors.split(separator: "\n").filter { $0.contains("CONSOLE") || $0.contains("Content Security Policy") }
    }

    @Test(arguments: views) func `the page loads, runs its script and breaks no rule`(view: View) async throws {
        try await withPage(view.scene) { port in
            let page = try await Chromium(
                loading: "http://127.0.0.1:\(port)/", width: view.isPhone ? 390 : 1_200,
                height: view.isPhone ? 1_900 : 1_100, isDark: view.isDark)
            #expect(page.output.contains("</html>"))
            #expect(page.output.contains(HTML.escaped(view.scene.overview.health.headline)))
            #expect(Self.complaints(of: page).isEmpty)
            let picture = try #require(page.screenshot)
            #expect(picture.count > 10_000)
            if let directory = ProcessInfo.processInfo.environment["BANKREFRESHD_SCREENSHOTS"] {
                try picture.write(to: URL(filePath: "\(directory)/\(view.testDescription).png"))
            }
        }
    }

    @Test func `it shows what changed without being loaded again`() async throws {
        try await withPage([.well, .outage]) { port in
            let page = try await Chromium(loading: "http://127.0.0.1:\(port)/")
            #expect(page.output.contains("<h2>Tight is not well: no calls are made until 12:56 UTC</h2>"))
            #expect(page.output.contains("<title>Tight is not well"))
            #expect(page.output.contains("role=\"alert\" hidden"))
            #expect(Self.complaints(of: page).isEmpty)
        }
    }

    @Test func `it says so when the daemon answers no more`() async throws {
        try await withPage([.well]) { port in
            let page = try await Chromium(loading: "http://127.0.0.1:\(port)/")
            #expect(page.output.contains("All is well"))
            #expect(page.output.matches(of: /role="alert">[^<]*<span id="last">12:50:00 UTC/).count == 1)
        }
    }

    @Test func `what breaks the policy would be seen`() async throws {
        let policy = "<meta http-equiv=Content-Security-Policy content=\"script-src 'none'\"><script>1</script>"
        let page = try await Chromium(loading: "data:text/html,\(policy)")
        #expect(!Self.complaints(of: page).isEmpty)
    }
}
