/// How long after its claim a call may begin if daemons share a store.
///
/// A lease ends by the store's clock, and any other daemon may then take over its user. By then, the daemon that held
/// the lease must not be able to begin a call, whatever delayed it. It may begin one until `span` after the claim was
/// sent. A call that it checked just before it was frozen may still be sent when it resumes, but a process that is
/// frozen for `longestFreeze` is killed. `margin` allows for clocks that run at different speeds.
package enum CallWindow {
    /// From just before the claim is sent to the first byte of a request, on the steady clock.
    package static let span = Duration.seconds(20)
    /// How long a process may be frozen.
    package static let longestFreeze = Duration.seconds(30)
    /// How much the store's clock may gain on the steady clock meanwhile.
    package static let margin = Duration.seconds(10)

    /// No lease of a shared store may be shorter.
    package static let shortestLease = span + longestFreeze + margin

    /// The longest time that connecting may take.
    ///
    /// It is less than `span`, so that an unreachable server makes calls fail. Calls that are returned for lack of time
    /// would say nothing about the server.
    package static let longestConnecting = Duration.seconds(15)
}
