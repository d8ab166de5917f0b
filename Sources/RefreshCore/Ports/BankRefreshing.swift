/// Makes one refresh call.
///
/// It never retries, sleeps or stores; every failure becomes an outcome exactly once.
package protocol BankRefreshing: Sendable {
    /// Calls Tight for the owner of the token; a cancelled call whose request may have been sent is `unknown`.
    ///
    /// `beginBy` is on the steady clock, which includes suspends. If the first byte of the request is not written by
    /// then, none is, and this throws. Nil means no limit.
    func refresh(_ token: AccessToken, beginBy: Duration?) async throws(CallNotBegun) -> RefreshAnswer

    /// The executor on which a call switches threads least, if there is one; code on it must never block.
    var executor: (any TaskExecutor)? { get }
}

extension BankRefreshing {
    package var executor: (any TaskExecutor)? { nil }
}

/// The request was too late: nothing of it was sent, so no server can have seen it.
package struct CallNotBegun: Error, Equatable {
    package init() {}
}

/// The result of one call, as the transport saw it.
package struct RefreshAnswer: Equatable, Sendable {
    package let outcome: Outcome
    /// Nil when no answer came.
    package let httpStatus: Int?
    /// The connection whose loss ended the call; calls lost with the same connection are one event.
    package let lostConnection: UInt64?

    package init(outcome: Outcome, httpStatus: Int?, lostConnection: UInt64? = nil) {
        self.outcome = outcome
        self.httpStatus = httpStatus
        self.lostConnection = lostConnection
    }
}
