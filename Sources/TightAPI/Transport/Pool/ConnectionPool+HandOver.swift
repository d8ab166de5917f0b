import NIOCore
import RefreshCore

/// Calls come back from connections that did nothing with them.
extension ConnectionPool {
    /// Gives a call that was certainly not processed, by this evidence, to another connection, ahead of all waiting
    /// calls.
    ///
    /// A call that was handed over often enough, or has waited long enough, fails as one that was never sent.
    /// Source: RFC 9113 sections 6.8 and 8.7.
    func handOver(_ call: OpenCall, _ evidence: Evidence) {
        guard !isShutDown, call.takeBack(.now()) else { return call.failUnprocessed(evidence) }
        waiting.prepend(call)
        look(by: call.patience)
    }
}
