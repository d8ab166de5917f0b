/// What refusals (4xx) of single users tell of all: whether everybody is refused, as with a wrong address.
///
/// One user's refusal is that user's. Everybody is refused when several users are who were not before, and nobody is
/// answered otherwise: not within the window, or not since so many users that chance is out of the question. Before
/// anybody was answered at all, after a start or a reload, the calls of a single user tell it too, unless made by hand.
struct RefusalEvidence: Sendable {
    private struct Refusal {
        let user: Place
        let at: Timestamp
        let number: Int
    }

    /// Different users who were refused and had not been before, since the last answer.
    private var refusals: [Refusal] = []
    /// Nil while nobody was answered.
    private var lastAnswer: Timestamp?
    /// While nobody was answered: how often each user's refusal told something.
    private var early: [Place: Int] = [:]
    private var firstEarly = 0
    /// Calls up to this number began before what holds now.
    private var anewFrom = 0

    private static let mostEarly = 64

    /// Takes note that somebody was answered; of a call that began too early, nothing.
    mutating func answered(number: Int?, now: Timestamp) {
        if let number, number > 0, number <= anewFrom { return }
        refusals = []
        early = [:]
        lastAnswer = now
    }

    /// What held for calls up to this number may hold no more.
    mutating func beginAnew(after number: Int) {
        refusals = []
        early = [:]
        lastAnswer = nil
        anewFrom = number
    }

    /// Takes note of a refusal; whether it shows that everybody is refused.
    ///
    /// `havePassed` tells of a call's number whether one that began later has passed.
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
        guard let lastAnswer else {
            if !early.isEmpty, havePassed(firstEarly) { early = [:] }
            if early.isEmpty { firstEarly = number }
            return noteEarly(call, isAnew: isAnew) >= users
        }
        // A clock that was set back must not make the answer last for as long as the step.
        if lastAnswer > now { self.lastAnswer = now }
        let many = max(users, policy.minimumCalls)
        defer { if refusals.count > many { refusals.removeFirst(refusals.count - many) } }
        if refusals.count >= many { return true }
        guard lastAnswer.duration(to: now) >= policy.window else { return false }
        return refusals.count { $0.at.duration(to: now) < policy.window } >= users
    }

    /// How often refusals told something, since nobody was answered.
    private mutating func noteEarly(_ call: EndedCall, isAnew: Bool) -> Int {
        if let count = early[call.user] {
            if !call.isByHand { early[call.user] = min(count, .max - 1) + 1 }
        } else if early.count < Self.mostEarly {
            early[call.user] = isAnew ? 1 : 0
        }
        return early.values.reduce(0) { $0.addingReportingOverflow($1).partialValue }
    }
}
