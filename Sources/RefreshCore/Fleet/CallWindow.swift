/// Within what time of its claim a call may begin, where daemons share a store: no call comes late.
///
/// A lease ends by the clock of the store, and then any other daemon may take its user over. It has to be certain by
/// then that the daemon that held it begins no call any more, whatever held it up. Until `span` after the claim was
/// sent it may begin one. What it looked at just before it was frozen it may still send when it goes on, but a process
/// that is frozen for `longestFreeze` is killed. `margin` is for clocks that run unevenly.
package enum CallWindow {
    /// From the moment before the claim is sent to the first byte of a request, on the steady clock.
    package static let span = Duration.seconds(20)
    /// For how long a process may be frozen.
    package static let longestFreeze = Duration.seconds(30)
    /// By how much the clock of the store may gain on the steady one meanwhile.
    package static let margin = Duration.seconds(10)

    /// No lease of a shared store may be shorter.
    package static let shortestLease = span + longestFreeze + margin

    /// What connecting may take: less than `span`, so that a server that cannot be reached is found out by a call that
    /// fails, and not by calls that go back for want of time, which say nothing of it.
    package static let longestConnecting = Duration.seconds(15)
}
