import RefreshCore

/// One attempt for one user: the call, and at most one renewal of the token before or after it.
struct RenewingCall {
    /// The API's answer to the refresh itself, or why no request could be made.
    struct Answered {
        let outcome: Outcome
        let latency: Duration
        let lostConnection: UInt64?
    }

    // A single reference, because it is kept for every call in flight.
    let caller: BankCaller
    /// Whether the operator asked for the call.
    let isByHand: Bool
    /// Until when each of its requests may begin; nil for any time.
    let beginBy: Duration?
    /// The leased user, with the tokens as they are stored.
    private(set) var leased: LeasedUser
    /// The answer to the last call; nil when none was made.
    private(set) var answered: Answered?
    /// What the clocks showed when the attempt began, then when its last call ended; nil once outdated.
    private(set) var latest: ClockReading?
    /// Whether the token was replaced by another party during the renewal.
    private(set) var isReplaced = false

    /// Throws if no call was made for lack of time.
    mutating func make() async throws(CallNotBegun) -> RefreshAnswer {
        do throws(CallNotBegun) { return try await attempt() } catch {
            // An answered 401 is an attempt, and the next one waits as after any that failed. If the call were handed
            // back, the user would be called again at once, and over and over if the API is slow to refuse.
            guard answered != nil else { throw error }
            let reason = "no time was left for it and another call"
            return RefreshAnswer(outcome: .unavailable(.tokenNotRenewed(reason: reason)), httpStatus: nil)
        }
    }

    private mutating func attempt() async throws(CallNotBegun) -> RefreshAnswer {
        var isTried = false
        var failure: RefreshAnswer?
        if canRenew, wantsRenewal {
            failure = try await renew()
            isTried = true
            // A token that is still valid is used: the renewal is tried again with the next call.
            if let failure, isExpired { return failure }
        }
        let answer = try await call()
        guard answer.outcome == .unauthorized, canRenew else { return answer }
        // The renewal may have invalidated the token and its answer been lost: that is no refusal of the user.
        if let failure { return failure }
        guard !isTried else { return judged(answer) }
        let before = leased.user.tokenVersion
        if let failure = try await renew() { return failure }
        return leased.user.tokenVersion == before ? answer : judged(try await call())
    }

    /// Does not count a 401 as a refusal if the token was replaced during the renewal.
    ///
    /// The renewal may have invalidated the replacement, and no renewal was tried with it yet.
    private func judged(_ answer: RefreshAnswer) -> RefreshAnswer {
        guard isReplaced, answer.outcome == .unauthorized else { return answer }
        let reason = "its token was replaced meanwhile by one that is not valid"
        return RefreshAnswer(outcome: .unavailable(.tokenNotRenewed(reason: reason)), httpStatus: nil)
    }

    private var canRenew: Bool { caller.renewer.isOn }

    // Not inlined, so that a call in flight keeps no copy of the user.
    @inline(never)
    private var wantsRenewal: Bool { RenewalPlan.isWanted(beforeCallOf: leased.user, now: caller.time.now) }
    @inline(never)
    private var isExpired: Bool { RenewalPlan.isExpired(leased.user, now: caller.time.now) }

    /// Nil when it is worth calling with the token that is stored afterwards; otherwise the attempt's answer.
    private mutating func renew() async throws(CallNotBegun) -> RefreshAnswer? {
        latest = nil
        switch try await caller.renewer.renew(leased, isByHand: isByHand, beginBy: beginBy) {
        case .fresh(let fresh), .refused(let fresh):
            leased = fresh
            return nil
        case .replaced(let replaced):
            leased = replaced
            isReplaced = true
            return nil
        case .failed(let left, let outcome):
            leased = left
            return RefreshAnswer(outcome: outcome.ofRenewalBeforeCall, httpStatus: nil)
        case .leaseLost:
            return RefreshAnswer(outcome: .unknown(.givenUp), httpStatus: nil)
        }
    }

    private mutating func call() async throws(CallNotBegun) -> RefreshAnswer {
        let token: AccessToken
        do {
            token = try openToken()
        } catch {
            let problem: Misconfiguration = if case .unknownKey = error { .keyMissing } else { .tokenDamaged }
            latest = nil
            answered = Answered(outcome: .misconfigured(problem), latency: .zero, lostConnection: nil)
            return RefreshAnswer(outcome: .misconfigured(problem), httpStatus: nil)
        }
        let began = latest?.sinceBoot ?? caller.time.reading.sinceBoot
        let answer = try await caller.bank.refresh(token, beginBy: beginBy)
        let ended = caller.time.reading
        latest = ended
        answered = Answered(
            outcome: answer.outcome, latency: ended.sinceBoot - began, lostConnection: answer.lostConnection)
        return answer
    }

    @inline(never)
    private func openToken() throws(TokenSealProblem) -> AccessToken {
        try caller.vault.open(leased.token, as: .access, for: leased.user.id)
    }
}

extension Outcome {
    /// What a failed renewal before a call makes of the call: no bank was reached, whatever the failure was.
    fileprivate var ofRenewalBeforeCall: Outcome {
        switch self {
        case .throttled, .misconfigured, .unavailable(.tokenNotRenewed): self
        default: .unavailable(.tokenNotRenewed(reason: briefReason ?? kind.rawValue))
        }
    }
}
