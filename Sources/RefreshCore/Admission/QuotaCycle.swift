/// The time from one moment at which calls pass again, after a quota was used up, to the next such moment.
struct QuotaCycle: Sendable {
    private let began: Timestamp
    /// Calls that began and were not refused.
    private(set) var passed = 0
    /// Time in which more calls would have begun, had they been let.
    private var held = Duration.zero
    private var heldSince: Timestamp?
    /// Since when nobody passes, and the number of the latest call by then.
    private(set) var usedUp: (at: Timestamp, number: Int)?

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

    mutating func useUp(now: Timestamp, number: Int) {
        if usedUp == nil { usedUp = (now, number) }
    }

    /// What a cycle tells when it is over.
    struct Result {
        /// Calls that passed.
        let passed: Int
        let length: Duration
        /// How much of it was waiting for the next one.
        let wait: Duration
    }

    /// The cycle that ends now, when nothing but the quota bounded what passed; `late` calls belong to the next one.
    mutating func end(late: Int, now: Timestamp) -> Result? {
        isNotHeld(now: now)
        guard let usedUp else { return nil }
        let length = began.duration(to: now)
        guard length > .zero, held * 2 >= length else { return nil }
        return Result(passed: max(1, passed - late), length: length, wait: max(.zero, usedUp.at.duration(to: now)))
    }
}
