import RefreshDaemon
import TestSupport
import Testing

@testable import RefreshCore

/// Tokens that come with times of a wrong clock.
extension RenewalTests {
    @Test(arguments: [.hours(-3), .hours(3)] as [Duration])
    func `a token is renewed once a life, however wrong the clock of the office is`(ahead: Duration) async throws {
        let office = TokenOffice(time: world.time, lifetime: .hours(2), clockAhead: ahead)
        var settings = DaemonSettings()
        settings.policies.standard = UserPolicy(
            cadence: Cadence(every: .minutes(20)), minimumInterval: .minutes(5), attemptsPerDay: 1_000)
        let (daemon, run) = try await begin(1, office, settings: settings)
        world.advance(by: .hours(4))
        #expect(office.requests.count == 2)
        #expect(office.refusedCalls == 0)
        await stop(daemon, run)
    }
}
