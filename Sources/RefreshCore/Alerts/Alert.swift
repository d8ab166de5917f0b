/// A condition that has held for long enough to be reported, and has not ended yet.
package struct Alert: Equatable, Sendable, Codable {
    package let kind: AlertKind
    /// When it began to hold.
    package let since: Timestamp
    /// The latest measurement.
    package var figure: Figure
    /// The value from which `figure` is an alert, in its unit.
    package var threshold: Double

    /// One measurement for one alert.
    package struct Figure: Equatable, Sendable, Codable {
        /// A share from 0 to 1, users, or seconds, as in the alert's rule.
        package let value: Double
        /// How many users it concerns, and out of how many; nil if it is not about users.
        package let users: Int?
        package let total: Int?
        /// The surveyed span: how far back for calls, how far ahead for tokens, how many intervals without a success.
        package let span: Double?

        package init(value: Double, users: Int? = nil, total: Int? = nil, span: Double? = nil) {
            self.value = value
            self.users = users
            self.total = total
            self.span = span
        }
    }

    package enum Ending: Equatable, Sendable {
        case over
        /// The configuration has turned the alert off.
        case switchedOff
    }
}

extension Alert {
    /// The problem, as a sentence without a full stop.
    package var text: String {
        let users = figure.users ?? 0
        let called = "\((figure.total ?? 0).counted("user")) called in the last \(span.roundedText)"
        let text =
            switch kind {
            case .rejected: "\(users.grouped) of \(called) were answered FAILURE"
            case .refused: "\(users.grouped) of \(called) have a token that Tight does not accept"
            case .refusedCalls:
                "\(users.grouped) of \((figure.total ?? 0).counted("user")) are refused by Tight with a 4xx status, "
                    + "too many to park anybody for it"
            case .api: "\(users.grouped) of \(called) got no usable answer from the API"
            case .failing: "\(users.grouped) of \(called) were not refreshed"
            case .stale:
                "\(users.grouped) of \((figure.total ?? 0).counted("user")) had no success for "
                    + "\((figure.span ?? 0).plainText) turns of their schedule"
            case .expiring: "\(users.counted("token")) will expire within \(span.roundedText)"
            case .late: "calls are made \(Self.span(figure.value).roundedText) late"
            }
        return "\(text) (\(share.map { "\(Self.percent($0)), " } ?? "")alert from \(thresholdText))"
    }

    /// The share of the surveyed users; not `value`, which is 0 if they are too few.
    private var share: Double? {
        guard let users = figure.users, let total = figure.total else { return nil }
        return total > 0 ? Double(users) / Double(total) : 0
    }

    private var thresholdText: String {
        switch kind {
        case .rejected, .refused, .refusedCalls, .api, .failing, .stale: Self.percent(threshold)
        case .expiring: Int(clamping: Int64(min(threshold, 1e15))).counted("token")
        case .late: Self.span(threshold).roundedText
        }
    }

    private static func percent(_ share: Double) -> String { "\(((share * 1_000).rounded() / 10).plainText) %" }

    private var span: Duration { Self.span(figure.span ?? 0) }

    private static func span(_ seconds: Double) -> Duration { .seconds(min(max(0, seconds), 1e12)) }
}

extension AlertKind {
    /// The command that shows what the alert is about.
    package var inspection: String {
        switch self {
        case .rejected: "bankrefreshd users list --outcome rejected"
        case .refused: "bankrefreshd users list --state parked"
        case .refusedCalls: "bankrefreshd users list --outcome refused"
        case .api, .failing, .late: "bankrefreshd status"
        case .stale: "bankrefreshd users list --state backing-off"
        case .expiring: "bankrefreshd users list --sort expiry"
        }
    }
}

/// The kinds of alerts, as configuration, journal and status name them.
package enum AlertKind: String, Word {
    /// Tight answers many users with FAILURE.
    case rejected
    /// Tight rejects the tokens of many users (401, 403).
    case refused
    /// Tight answers many users with another 4xx, and none of them is parked for it.
    case refusedCalls
    /// The API fails for many users: no answer, an answer that cannot be parsed, 429 or 5xx.
    case api
    /// The calls of many users fail, for several reasons.
    case failing
    /// Many users had no success for several intervals of the schedule.
    case stale
    /// Tokens expire soon and have not been replaced.
    case expiring
    /// The schedule is late although calls are allowed.
    case late

    /// Outcomes that count for a share of failing users; nil if the alert is about something else.
    package var outcomes: Set<OutcomeKind>? {
        switch self {
        case .rejected: [.rejected]
        case .refused: [.unauthorized, .forbidden]
        case .api: [.throttled, .unavailable, .unknown, .malformed]
        case .failing: Set(OutcomeKind.allCases).subtracting([.refreshed])
        case .refusedCalls, .stale, .expiring, .late: nil
        }
    }
}
