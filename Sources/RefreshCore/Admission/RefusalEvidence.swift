/// Decides from refusals (4xx) of single users whether all users are refused, as with a wrong address.
///
/// A refusal concerns one user. All users count as refused if several users are that were not before, and no user is
/// answered, either within the window or since so many refused users that it is no coincidence. Before the first answer
/// after a start or a reload, the calls of a single user count too, unless they are manual.
struct RefusalEvidence: Sendable {
    private struct Refusal {
        let user: Place
        let at: Timestamp
        let number: Int
    }

    /// Different users that were newly refused since the last answer.
    private var refusals: [Refusal] = []
    /// Nil before the first answer.
    private var lastAnswer: Timestamp?
    /// Before the first answer: how often each user's refusal counted.
    private var early: [Place: Int] = [:]
    private var firstEarly = 0
    /// Calls up to this number began before the last change.
    private var anewFrom = 0

    /// How many users count before the first answer, if the threshold is not higher.
    private static let mostEarly = 64

    /// Records that a user was answered; ignores a call that began before the last change.
    mutating func answered(number: Int?, now: Timestamp) {
        if let number, number > 0, number <= anewFrom { return }
        refusals = []
        early = [:]
        lastAnswer = now
    }

    /// Discards all evidence, because it may not apply to calls after this number.
    mutating func beginAnew(after number: Int) {
        refusals = []
        early = [:]
        lastAnswer = nil
        anewFrom = number
    }

    /// Records a refusal; returns whether it shows that all users are refused.
    ///
    /// `havePassed` says for a call's number whether a later call has passed.
    mutating func refused(
        _ call: EndedCall, number: Int, policy: Breaker.Policy, now: Timestamp, havePassed: (Int) -> Bool
    ) -> Bool {
        if number > 0, number <= anewFrom { return false }
        refusals.removeAll { $0.at > now || havePassed($0.number) }
        let isAnew = call.lastOutcome != .refused
        if isAnew, !refusals.contains(where: { $0.user == call.user }), !havePassed(number) {
            refusals.append(Refusal(user: call.user, at: now, number: number))
        }
        let users = max(1, policy.users)
        let many = max(users, policy.minimumCalls)
        defer { if refusals.count > many { refusals.removeFirst(refusals.count - many) } }
        guard let lastAnswer else {
            if !early.isEmpty, havePassed(firstEarly) { early = [:] }
            if early.isEmpty { firstEarly = number }
            return noteEarly(call, isAnew: isAnew, mostUsers: max(Self.mostEarly, users)) >= users
        }
        // If the clock was set back, the answer must not stay recent for as long as the step.
        if lastAnswer > now { self.lastAnswer = now }
        if refusals.count >= many { return true }
        guard lastAnswer.duration(to: now) >= policy.window else { return false }
        return refusals.count { $0.at.duration(to: now) < policy.window } >= users
    }

    /// Counts a refusal before the first answer; returns how many counted so far.
    private mutating func noteEarly(_ call: EndedCall, isAnew: Bool, mostUsers: Int) -> Int {
        if let count = early[call.user] {
            if !call.isByHand { early[call.user] = min(count, .max - 1) + 1 }
        } else if early.count < mostUsers {
            early[call.user] = isAnew ? 1 : 0
        }
        return early.values.reduce(0) { $0.addingReportingOverflow($1).partialValue }
    }
}

/// A completed call, as the limits for all users judge it.
package struct EndedCall: Equatable, Sendable {
    package let outcome: Outcome
    package let user: Place
    /// The outcome of the user's previous attempt; nil if there was none.
    package let lastOutcome: OutcomeKind?
    /// Whether the call is manual; an operator may repeat it for the same user at will.
    package let isByHand: Bool
    package let latency: Duration
    /// The connection whose loss ended the call; nil if none did.
    package let lostConnection: UInt64?

    package init(
        outcome: Outcome, user: Place, lastOutcome: OutcomeKind? = nil, isByHand: Bool = false,
        latency: Duration = .zero, lostConnection: UInt64? = nil
    ) {
        self.outcome = outcome
        self.user = user
        self.lastOutcome = lastOutcome
        self.isByHand = isByHand
        self.latency = latency
        self.lostConnection = lostConnection
    }
}

/// Decides whether other calls pass while some are refused.
///
/// A refusal is quick, but the work of a call takes time: dozens of refusals may arrive before the first good answer.
/// So a call counts as passed once it has been in flight for twice as long as refusals take.
struct PassingCalls: Sendable {
    private static let remembered = 100
    /// Shorter waits prove nothing.
    private static let leastWait = Duration.milliseconds(200)

    /// The numbers of the latest calls that were refused.
    private var refused: [Int] = []
    /// The maximum latency of recent refusals.
    private var latency = Duration.zero

    mutating func wasRefused(number: Int, after latency: Duration) {
        self.latency = max(latency, self.latency * 0.9)
        refused.append(number)
        if refused.count > Self.remembered { refused.removeFirst() }
    }

    /// Whether a call that began after this number has passed; also false if this is no longer known.
    func havePassed(after number: Int, of calls: CallSequence, now: Timestamp) -> Bool {
        guard let first = refused.first, refused.count < Self.remembered || first <= number else { return false }
        let last = calls.latest(by: now.advanced(by: .zero - max(latency * 2, Self.leastWait)))
        return calls.count(after: number, through: last) > refused.count { $0 > number && $0 <= last }
    }
}
