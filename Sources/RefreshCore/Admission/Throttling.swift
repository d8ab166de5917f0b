/// Decides whether a 429 concerns one user or all: 429s of several users within a short time stop all calls.
package struct Throttling: Sendable {
    package enum Scope: String, CaseIterable, Sendable {
        /// A 429 concerns its user alone.
        case user
        /// Any 429 stops all calls.
        case fleet
        /// A single user's 429 concerns that user; those of several users stop all calls.
        case auto
    }

    package struct Policy: Equatable, Sendable {
        package var scope = Scope.auto
        /// With scope `auto`, 429s of this many different users stop all calls.
        package var users = 3
        package var within: Duration = .minutes(1)
        /// How long all calls stop if no wait was asked for.
        package var pause = Backoff(first: .seconds(5), ceiling: .minutes(5), jitter: .upperHalf)
        /// A longer wait is cut to this.
        package var longestRetryAfter: Duration = .hours(24)
    }

    /// A pause of all calls.
    package struct Pause: Equatable, Sendable {
        package fileprivate(set) var at: Timestamp
        package fileprivate(set) var length: Duration
        /// How many different users were throttled.
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
    }

    private struct Refusal {
        let user: Place
        let at: Timestamp
        let until: Timestamp?
        /// The call's number in the `CallSequence`.
        let number: Int
    }

    package var policy: Policy
    package private(set) var pause: Pause?
    /// Refusals after which no later call has passed.
    private var recent: [Refusal] = []
    /// The number of a call that was refused along with others, if no later call has passed.
    private var suspect: Int?
    /// Whether no call seems to pass, however few are made.
    var isSuspicious: Bool { suspect != nil }
    /// Consecutive pauses between which Tight did no work.
    private var pausesInARow = 0
    /// The number of pauses so far, to recognise a call that began before the last one.
    private(set) var count = 0

    package init(policy: Policy) {
        self.policy = policy
    }

    /// Records a 429; returns the pause that begins with it, if any.
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
            // A call that was in flight when the pause began may name a longer wait.
            if let wait, now.advanced(by: wait) > pause.until {
                self.pause?.length = pause.at.duration(to: now.advanced(by: wait))
                self.pause?.wasAsked = true
            }
            return nil
        }
        guard let users = usersOfFleet, isAnew || policy.scope == .fleet else { return nil }
        recent.removeAll { $0.user == user || $0.at > now || $0.at.advanced(by: policy.within) <= now }
        recent.append(Refusal(user: user, at: now, until: wait.map { now.advanced(by: $0) }, number: number))
        guard recent.count >= users else { return nil }
        if policy.scope == .auto, suspect == nil, recent.allSatisfy({ $0.until == nil }) {
            // The rate handles too many calls per second; a pause is needed only if fewer calls do not pass either.
            suspect = number
            recent = []
            return nil
        }
        suspect = suspect ?? number
        return begin(now, using: &random)
    }

    /// How many users must be throttled for this to concern all users; nil if it never does.
    var usersOfFleet: Int? {
        switch policy.scope {
        case .user: nil
        case .fleet: 1
        case .auto: max(1, policy.users)
        }
    }

    /// Records a call that passed: earlier refusals then concern their own users only.
    mutating func passed(number: Int) {
        recent.removeAll { $0.number < number }
        if let suspect, number > suspect { self.suspect = nil }
    }

    /// Forgets refusals after which other calls passed; `hasPassed` takes a call's number.
    mutating func forget(where hasPassed: (Int) -> Bool) {
        recent.removeAll { hasPassed($0.number) }
        if let suspect, hasPassed(suspect) { self.suspect = nil }
    }

    private mutating func begin(_ now: Timestamp, using random: inout some RandomNumberGenerator) -> Pause {
        count += 1
        pausesInARow = min(pausesInARow, .max - 1) + 1
        // The backoff applies too, so that a repeated request for no wait at all is not taken literally.
        let asked = recent.compactMap(\.until).max().map { now.duration(to: $0) }
        let delay = policy.pause.wait(after: pausesInARow, using: &random)
        let pause = Pause(at: now, length: max(asked ?? .zero, delay), users: recent.count, wasAsked: asked != nil)
        recent = []
        self.pause = pause
        return pause
    }

    /// Records that Tight did the work of a call that began after `count` pauses.
    mutating func worked(count: Int) {
        if count == self.count { pausesInARow = 0 }
    }

    /// Takes over a pause that another daemon was asked for; returns whether a pause begins with it.
    mutating func obey(_ other: Pause) -> Bool {
        if let pause, pause.until >= other.until { return false }
        defer { pause = other }
        guard pause == nil else { return false }
        count += 1
        recent = []
        return true
    }

    /// Ends the pause if it is over; returns it once.
    mutating func ended(_ now: Timestamp) -> Pause? {
        guard let pause else { return nil }
        if now < pause.at {
            // The clock was set back: the pause restarts, or it could last for as long as the step.
            self.pause?.at = now
            return nil
        }
        return now >= pause.until ? end() : nil
    }

    /// Ends the pause, whether it is over or not.
    mutating func end() -> Pause? {
        guard let pause else { return nil }
        self.pause = nil
        return pause
    }
}

/// The operator's pause of all calls, indefinite or until a given time.
package struct FleetPause: Equatable, Sendable {
    /// The maximum length of a reason.
    package static let longestReason = 200

    package let until: Timestamp?
    /// The operator's reason, fit for a log line; nil if none was given.
    package let reason: String?

    /// Sanitises and cuts `reason`; a reason without visible characters becomes nil.
    package init(until: Timestamp?, reason: String? = nil) {
        self.until = until
        let text = reason?.sanitized(limit: Self.longestReason) ?? ""
        self.reason = text.isEmpty ? nil : text
    }
}
