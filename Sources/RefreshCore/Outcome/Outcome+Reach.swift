/// How far a call may have got.
extension Outcome {
    /// Whether the call may have reached the bank, so that the minimum interval counts from it and the day's budget is
    /// charged.
    ///
    /// A status of 500 and above says nothing about that: servers in front of an API answer 500, 502 and 503 for calls
    /// that the API has read and begun.
    package var mayHaveReachedBank: Bool {
        switch self {
        case .refreshed, .rejected, .refused, .unknown, .malformed, .unavailable(.status): true
        case .unauthorized, .forbidden, .throttled, .unavailable, .misconfigured: false
        }
    }

    /// As the user's rules have it: some operators know that nothing stands between them and Tight, whose own 5xx means
    /// that no refresh was begun.
    package func mayHaveReachedBank(under policy: UserPolicy) -> Bool {
        if case .unavailable(.status) = self { return policy.serverErrors == .minimumInterval }
        return mayHaveReachedBank
    }
}

extension Outcome {
    /// Whether a status that refuses a call says that it may be made again later.
    ///
    /// Source: RFC 9110 section 15.5.10 (409, a conflict with the state of the resource), RFC 4918 section 11.3 (423,
    /// locked), RFC 8470 section 5.2 (425, too early).
    package static func isForLater(refusedWith status: Int) -> Bool { [409, 423, 425].contains(status) }
}
