import RefreshConfiguration
import RefreshCore
import Testing

@Suite struct LeaseDurationTests {
    /// Over the whole range of `api.timeout`.
    @Test(arguments: [Duration.seconds(1), .minutes(3), .minutes(10)])
    func `a lease outlasts what may hold a call up, and the call itself`(timeout: Duration) {
        var configuration = Configuration.default
        configuration.api.timeout = timeout
        let lastWritten = CallWindow.span + CallWindow.longestFreeze + CallWindow.margin
        #expect(configuration.leaseDuration >= lastWritten)
        #expect(configuration.leaseDuration >= CallWindow.span + CallWindow.longestFreeze + timeout)
        #expect(configuration.leaseDuration >= configuration.longestAttempt)
    }

    @Test func `a server that cannot be reached shows before calls are too late to begin`() {
        #expect(CallWindow.longestConnecting < CallWindow.span)
    }
}
