/// The period from when calls pass again after a quota was used up until the next such time.
struct QuotaCycle: Sendable {
    private let began: Timestamp
    /// Calls that began and were not refused.
    private(set) var passed = 0
    /// How long more calls would have begun if they had been allowed.
    private var held = Duration.zero
    private var heldSince: Timestamp?
    /// Since when no call passes, and the number of the latest call at that time.
    private(set) var usedUp: (at: Timestamp, number: Int)?
    /// Whether the API named a wait, or two waits followed each other; otherwise, too many calls at once may be why.
    private var isCertain = false

    init(began: Timestamp) {
        self.began = began
    }

    mutating func count(_ calls: Int) { passed += calls }

    mutating func isHeld(now: Timestamp) {
        if heldSince == nil { heldSince = now }
    }

    mutating func isNotHeld(now: Timestamp) {
        guard let since = heldSince else { return }
        held += max(.zero, since.duration(to: now))
        heldSince = nil
    }

    mutating func useUp(now: Timestamp, number: Int, isAsked: Bool) {
        isCertain = isAsked || usedUp != nil
        if usedUp == nil { usedUp = (now, number) }
    }

    /// What a completed cycle shows.
    struct Result: Sendable {
        /// Calls that passed.
        let passed: Int
        let length: Duration
        /// How much of the cycle was spent waiting for the next one.
        let wait: Duration

        /// Whether both may be periods of the same quota.
        func isLike(_ other: Result) -> Bool {
            let lengths = (min(length, other.length), max(length, other.length))
            let counts = (min(passed, other.passed), max(passed, other.passed))
            return lengths.0 * 1.3 >= lengths.1 && Double(counts.0) * 1.3 >= Double(counts.1)
        }
    }

    /// Ends the cycle, less `late` calls that belong to the next one; nil unless only the quota limited what passed.
    mutating func end(late: Int, now: Timestamp) -> Result? {
        isNotHeld(now: now)
        guard let usedUp, isCertain else { return nil }
        let length = began.duration(to: now)
        guard length > .zero, held * 2 >= length else { return nil }
        return Result(passed: max(1, passed - late), length: length, wait: max(.zero, usedUp.at.duration(to: now)))
    }
}
