import RefreshCore

/// One attempt for one user: the call, and around it at most one renewal of the token.
struct RenewingCall {
    /// What the API said of the refresh itself.
    struct Answered {
        let outcome: Outcome
        let latency: Duration
        let lostConnection: UInt64?
    }

    // One reference: what a call keeps while it is in flight is kept for every call.
    private let caller: BankCaller
    /// Asked for by the operator.
    let isByHand: Bool
    /// Until when each request of it may begin; nil for any time.
    let beginBy: Duration?
    /// With the tokens as they are stored.
    private(set) var leased: LeasedUser
    /// Of the last call; nil when none was made.
    private(set) var answered: Answered?
    /// What the clocks showed when it began, and then when its last call ended; nil once that is past.
    private(set) var latest: ClockReading?
    /// Whether the token is one that somebody brought during the renewal.
    private var isReplaced = false

    /// `started` is what the clocks show.
    init(caller: BankCaller, leased: LeasedUser, isByHand: Bool, beginBy: Duration?, started: ClockReading) {
        latest = started
        self.caller = caller
        self.leased = leased
        self.isByHand = isByHand
        self.beginBy = beginBy
    }

    /// Throws where no call was made for want of time.
    mutating func make() async throws(CallNotBegun) -> RefreshAnswer {
        do throws(CallNotBegun) { return try await attempt() } catch {
            // What was answered 401 is an attempt, and the next one waits as after any that came to nothing. Handed
            // back, the user would be called again at once, and over and over by an API that is slow to refuse.
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
            // A token that is good still is used: the renewal is tried again with the next call.
            if let failure, isExpired { return failure }
        }
        let answer = try await call()
        guard answer.outcome == .unauthorized, canRenew else { return answer }
        // The renewal may have ended the token and its answer been lost: that is no refusal of the user.
        if let failure { return failure }
        guard !isTried else { return judged(answer) }
        let before = leased.user.tokenVersion
        if let failure = try await renew() { return failure }
        return leased.user.tokenVersion == before ? answer : judged(try await call())
    }

    /// A token that somebody brought during the renewal, and that the renewal ended, is no refusal of the user: nobody
    /// has asked for another in its place yet.
    private func judged(_ answer: RefreshAnswer) -> RefreshAnswer {
        guard isReplaced, answer.outcome == .unauthorized else { return answer }
        let reason = "its token was replaced meanwhile by one that is not valid"
        return RefreshAnswer(outcome: .unavailable(.tokenNotRenewed(reason: reason)), httpStatus: nil)
    }

    private var canRenew: Bool { caller.renewer.isOn }

    // Not inlined, so that no copy of the user is part of what a call in flight keeps.
    @inline(never)
    private var wantsRenewal: Bool { RenewalPlan.isWanted(beforeCallOf: leased.user, now: caller.time.now) }
    @inline(never)
    private var isExpired: Bool { RenewalPlan.isExpired(leased.user, now: caller.time.now) }

    /// Nil when it is worth calling with the token that is stored now; else what the attempt comes to.
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
    /// What a renewal that failed makes of the call it stood before: no bank was reached, whatever happened to it.
    fileprivate var ofRenewalBeforeCall: Outcome {
        switch self {
        case .throttled, .misconfigured, .unavailable(.tokenNotRenewed): self
        default: .unavailable(.tokenNotRenewed(reason: briefReason ?? kind.rawValue))
        }
    }
}
