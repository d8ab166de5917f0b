import Foundation
import RefreshCore
import Testing
import TightSandbox

extension InstalledDaemon {
    @Suite struct AlertTests {
        @Test func `an alert can be asked of the journal by its kind, and is explained`() async throws {
            // Told as soon as it is seen: the first look is the one at the start.
            let alerts = ["alerts": #"{"expiring": {"for": "0s"}}"#]
            try await Deployment.running(with: alerts, starts: false) { deployment in
                let soon = Date(timeIntervalSinceNow: 86_400).formatted(.iso8601)
                try await Tool.run(
                    "bankrefreshd", "users", "add", deployment.users[0].rawValue, "--expires-at", soon,
                    input: deployment.tokens[0]
                ).succeeded()
                try await Unit.start().succeeded()
                let record = try #require(try await deployment.journal.wait(for: 1, "REFRESH_ALERT=expiring").first)
                #expect(record.message.hasPrefix("Alert: 1 token will expire within 3 d (alert from 1 token)"))
                #expect(record["PRIORITY"] == "4")
                #expect(record["REFRESH_ALERT_VALUE"] == "1.0")
                #expect(record["REFRESH_ALERT_THRESHOLD"] == "1.0")
                #expect(record["REFRESH_ALERT_USERS"] == "1")
                let explained = try await deployment.journal.text(["-x", "REFRESH_ALERT=expiring"])
                #expect(explained.contains("Tokens expire soon"))
                #expect(explained.contains("bankrefreshd users import FILE"))
            }
        }
    }
}
