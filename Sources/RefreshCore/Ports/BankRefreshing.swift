/// Makes one refresh call.
///
/// Never retries, sleeps or stores; trouble becomes an outcome exactly once.
package protocol BankRefreshing: Sendable {
    /// Calls Tight for the owner of the token; a cancelled call whose request may have been sent is `unknown`.
    ///
    /// `beginBy` is on the steady clock, which counts suspends. When the first byte of the request has not been written
    /// by then, none is, and this throws. Nil for any time.
    func refresh(_ token: AccessToken, beginBy: Duration?) async throws(CallNotBegun) -> RefreshAnswer

    /// The executor on which a call changes threads least, if there is one; code on it must never block.
    var executor: (any TaskExecutor)? { get }
}

extension BankRefreshing {
    package var executor: (any TaskExecutor)? { nil }
}

/// It was too late for the request: nothing of it was sent, so that no server can have seen it.
package struct CallNotBegun: Error, Equatable {
    package init() {}
}

/// The result of one call, as the transport saw it.
package struct RefreshAnswer: Equatable, Sendable {
    package let outcome: Outcome
    /// Nil when no answer came.
    package let httpStatus: Int?
    /// Which connection's end ended the call; calls that ended with the same one are one event.
    package let lostConnection: UInt64?

    package init(outcome: Outcome, httpStatus: Int?, lostConnection: UInt64? = nil) {
        self.outcome = outcome
        self.httpStatus = httpStatus
        self.lostConnection = lostConnection
    }
}
