import Foundation
import Testing

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

    @Test(arguments: views) func `the page loads, runs its script and breaks no rule`(view: View) async throws {
        try await withPage(view.scene) { port in
            let page = try await Chromium(
                loading: "http://127.0.0.1:\(port)/", height: view.isPhone ? 2_400 : 1_300, isPhone: view.isPhone,
                isDark: view.isDark)
            #expect(page.output.contains("</html>"))
            let complaints = page.errors.split(separator: "\n").filter {
                $0.contains("CONSOLE") || $0.contains("Content Security Policy")
            }
            #expect(complaints.isEmpty)
            let picture = try #require(page.screenshot)
            #expect(picture.count > 10_000)
            if let directory = ProcessInfo.processInfo.environment["BANKREFRESHD_SCREENSHOTS"] {
                try picture.write(to: URL(filePath: "\(directory)/\(view.testDescription).png"))
            }
        }
    }
}
