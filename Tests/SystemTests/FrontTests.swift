import Foundation
import Testing

/// Calls through the web servers that stand before an API, while it dies, and they stop, reload, refuse and close.
///
/// What came of it is read from the API's own log. `make fronts` does it with more servers, and longer.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct FrontTests {
    @Test(arguments: ["nginx", "haproxy,haproxy-h2", "lighttpd"])
    func `nobody is called twice, and nobody is refreshed unseen`(fronts: String) async throws {
        let environment = ProcessInfo.processInfo.environment
        guard environment["WITH_SYSTEMD"] == "1" else { throw NoMachine.notUnderSystemd }
        guard let binary = environment["BANKREFRESHD_BINARY"], let servers = environment["BANKREFRESHD_FRONTS"] else {
            throw NoMachine.noBinary
        }
        let run = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fronts/run").path()
        try await Tool.run(
            "SHORT=1", "JOBS=6", "FRONTS=\(fronts)", "ONLY=kill,reload,stop,idle,limit", run, servers,
            URL(filePath: binary).deletingLastPathComponent().path()
        ).succeeded()
    }
}
