/// Decides whether a 429 concerns one user or all: 429s of several users within a short time stop all calls.
package struct Throttling: Sendable {
    package enum Scope: String, CaseIterable, Sendable {
        /// A 429 is its user's affair alone.
        case user
        /// Any 429 stops all calls.
        case fleet
        /// A single user's 429 concerns that user; those of several users stop all calls.
        case auto
    }

    package struct Policy: Equatable, Sendable {
        package var scope: Scope
        /// With the scope `auto`, the 429s of this number of different users stop all calls.
        package var users: Int
        package var within: Duration
        /// How long all calls stop if no wait was asked for.
        package var pause: Backoff
        /// A wait beyond this is cut to it.
        package var longestRetryAfter: Duration

        package init(
            scope: Scope = .auto,
            users: Int = 3,
            within: Duration = .minutes(1),
            pause: Backoff = Backoff(first: .seconds(5), ceiling: .minutes(5), jitter: .upperHalf),
            longestRetryAfter: Duration = .hours(24)
        ) {
            self.scope = scope
            self.users = users
            self.within = within
            self.pause = pause
            self.longestRetryAfter = longestRetryAfter
        }
    }

    /// The wait of all users.
    package struct Pause: Equatable, Sendable {
        package private(set) var at: Timestamp
        package fileprivate(set) var length: Duration
        /// Different users that were throttled.
        package let users: Int
        /// Whether Tight named the wait.
        package fileprivate(set) var wasAsked: Bool

        package init(at: Timestamp, length: Duration, users: Int, wasAsked: Bool) {
            self.at = at
            self.length = length
            self.users = users
            self.wasAsked = wasAsked
        }

        package var until: Timestamp { at.advanced(by: length) }

        fileprivate mutating func begin(anew now: Timestamp) { at = now }
    }

    private struct Refusal {
        let user: Place
        let at: Timestamp
        let until: Timestamp?
        /// The call's number in the order of their beginning.
        let number: Int
    }

    package var policy: Policy
    package private(set) var pause: Pause?
    /// Refusals of which no call that began later has passed.
    private var recent: [Refusal] = []
    /// The number of a call that was refused with others, since which no call that began later has passed.
    private var suspect: Int?
    /// Whether no call seems to pass, however few are made.
    var isSuspicious: Bool { suspect != nil }
    /// Pauses between which Tight did no work.
    private var pausesInARow = 0
    /// The number of pauses so far, to recognise a call that began before the last one.
    private(set) var count = 0

    package init(policy: Policy) {
        self.policy = policy
    }

    /// Takes note of a 429; the pause that begins with it, if one does.
    mutating func throttled(
        _ user: Place,
        retryAfter: Duration?,
        number: Int,
        isAnew: Bool,
        now: Timestamp,
        using random: inout some RandomNumberGenerator
    ) -> Pause? {
        let wait = retryAfter.map { min($0, policy.longestRetryAfter) }
        if let pause {
            // From a call that was under way when the pause began; it may know of a longer wait.
            if let wait, now.advanced(by: wait) > pause.until {
                self.pause?.length = pause.at.duration(to: now.advanced(by: wait))
                self.pause?.wasAsked = true
            }
            return nil
        }
        guard policy.scope != .user else { return nil }
        guard isAnew || policy.scope == .fleet else { return nil }
        recent.removeAll { $0.user == user || $0.at > now || $0.at.advanced(by: policy.within) <= now }
        recent.append(Refusal(user: user, at: now, until: wait.map { now.advanced(by: $0) }, number: number))
        guard recent.count >= users else { return nil }
        if policy.scope == .auto, suspect == nil, recent.allSatisfy({ $0.until == nil }) {
            // Too many calls a second are a matter of the rate; a wait only where fewer do not pass either.
            suspect = number
            recent = []
            return nil
        }
        suspect = suspect ?? number
        return begin(now, using: &random)
    }

    /// The refusals of this number of users concern all users; nil if none do.
    var usersOfFleet: Int? {
        switch policy.scope {
        case .user: nil
        case .fleet: 1
        case .auto: max(1, policy.users)
        }
    }

    private var users: Int { usersOfFleet ?? .max }

    /// Takes note of a call that was let through: where others pass, refusals from before are their users'.
    mutating func passed(number: Int) {
        recent.removeAll { $0.number < number }
        if let suspect, number > suspect { self.suspect = nil }
    }

    /// Forgets refusals after which others passed; `hasPassed` says it of a call's number.
    mutating func forget(where hasPassed: (Int) -> Bool) {
        recent.removeAll { hasPassed($0.number) }
        if let suspect, hasPassed(suspect) { self.suspect = nil }
    }

    private mutating func begin(_ now: Timestamp, using random: inout some RandomNumberGenerator) -> Pause {
        count += 1
        pausesInARow = min(pausesInARow, .max - 1) + 1
        // The backoff too, so that "at once", said again and again, is not taken at its word.
        let asked = recent.compactMap(\.until).max().map { now.duration(to: $0) }
        let delay = policy.pause.wait(after: pausesInARow, using: &random)
        let pause = Pause(at: now, length: max(asked ?? .zero, delay), users: recent.count, wasAsked: asked != nil)
        recent = []
        self.pause = pause
        return pause
    }

    /// Takes note that Tight did the work of a call, before whose begin there were `count` pauses.
    mutating func worked(count: Int) {
        if count == self.count { pausesInARow = 0 }
    }

    /// A pause that another daemon was asked for; whether it begins with that.
    mutating func obey(_ other: Pause) -> Bool {
        if let pause, pause.until >= other.until { return false }
        defer { pause = other }
        guard pause == nil else { return false }
        count += 1
        recent = []
        return true
    }

    /// The pause that is over now; returned once.
    mutating func ended(_ now: Timestamp) -> Pause? {
        guard let pause else { return nil }
        if now < pause.at {
            // The clock was set back: the pause begins again, or it could last for as long as the step.
            self.pause?.begin(anew: now)
            return nil
        }
        return now >= pause.until ? end() : nil
    }

    /// Ends the pause, over or not.
    mutating func end() -> Pause? {
        guard let pause else { return nil }
        self.pause = nil
        return pause
    }
}

/// The operator's pause of all calls, for good or until a given time.
package struct FleetPause: Equatable, Sendable {
    /// The maximum length of a reason.
    package static let longestReason = 200

    package let until: Timestamp?
    /// Why, in the operator's words, fit for a log line; nil when none was given.
    package let reason: String?

    /// `reason` is sanitised and cut; one without anything visible is none.
    package init(until: Timestamp?, reason: String? = nil) {
        self.until = until
        let text = reason?.sanitized(limit: Self.longestReason) ?? ""
        self.reason = text.isEmpty ? nil : text
    }
}
