import Foundation
import Testing

/// bankrefreshd.service as systemd sees it.
enum Unit {
    static let name = "bankrefreshd.service"

    static func start() async throws -> Tool { try await Tool.run("systemctl", "start", name) }
    static func stop() async throws -> Tool { try await Tool.run("systemctl", "stop", name) }
    static func reload() async throws -> Tool { try await Tool.run("systemctl", "reload", name) }

    static func property(_ property: String, of unit: String = name) async throws -> String {
        let show = try await Tool.run("systemctl", "show", "--property=\(property)", "--value", unit).succeeded()
        return show.output.trimmingCharacters(in: .newlines)
    }

    /// Whether its status comes to begin like this: it is told at the end of a turn.
    static func isShown(_ words: String) async throws -> Bool {
        for _ in 0..<100 {
            if try await property("StatusText").hasPrefix(words) { return true }
            try await Task.sleep(for: .milliseconds(100))
        }
        return false
    }

    static func mainPID(of unit: String = name) async throws -> pid_t {
        let pid = try #require(pid_t(try await property("MainPID", of: unit)))
        try #require(pid > 0, "\(unit) does not run")
        return pid
    }

    /// Sends a signal to the daemon itself.
    static func signal(_ signal: Int32) async throws {
        try #require(kill(try await mainPID(), signal) == 0)
    }
}
