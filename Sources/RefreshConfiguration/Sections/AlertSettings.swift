import RefreshCore

/// The section `alerts`: what is reported to the operator besides the events of single users.
enum AlertSettings {
    private static let off = "`null` turns this alert off."

    static let table: [Setting<AlertPolicy>] = [
        Setting("enabled", \.isEnabled, .flag, "`false` turns all alerts off."),
        Setting(
            "window",
            \.window,
            .duration(.minutes(1) ... .days(7)),
            "The time span over which calls count for a share of failing users. Each user counts with its latest call. "
                + "If fewer users were called than `minimumUsers` divided by the alert's `share`, the daemon looks "
                + "back further, to at most \(AlertPolicy.windows) times this time span."
        ),
        Setting(
            "minimumUsers",
            \.minimumUsers,
            .count(1...1_000_000),
            "Fewer failing or stale users than this raise no alert."
        ),
        Setting(
            "rejected",
            section: share(
                \.rejected, "Alert at this share of users that Tight answers with FAILURE."),
            "Banks reject many refreshes."
        ),
        Setting(
            "refused",
            section: share(
                \.refused, "Alert at this share of users whose token Tight rejects (401, 403)."),
            "Many tokens are refused."
        ),
        Setting(
            "refusedCalls",
            section: share(
                \.refusedCalls,
                "Alert at this share of all users whose call Tight refuses with another 4xx; always more than 1 %, and "
                    + "at least \(RefusalCount.fewestUsers) users. No user is parked for such a refusal meanwhile."),
            "Tight refuses the calls of many users."
        ),
        Setting(
            "api",
            section: share(
                \.api,
                "Alert at this share of users whose call got no answer, an answer that cannot be parsed, or 429. Not "
                    + "raised while the breaker is open or Tight asks to wait, which have their own entries, nor for "
                    + "one `window` after."),
            "The API fails for many users, but not for enough to stop all calls."
        ),
        Setting(
            "failing",
            section: share(
                \.failing,
                "Alert at this share of users that were not refreshed for any reason, unless one of the reasons is an "
                    + "alert by itself."),
            "Many users fail, for several reasons."
        ),
        Setting(
            "stale",
            section: [
                Setting(
                    "turns",
                    \.staleTurns,
                    .number(1...1_000),
                    "A user is stale if its latest call failed and it had no success for this many intervals of its "
                        + "`schedule.every`. Parked and paused users do not count."
                )
            ] + share(\.stale, "Alert at this share of stale users."),
            "Users are called but not refreshed for a long time."
        ),
        Setting(
            "expiring",
            section: [
                Setting(
                    "within",
                    \.expiringWithin,
                    .duration(.minutes(1) ... .days(366)),
                    "A token counts if it expires within this time."
                ),
                Setting(
                    "users",
                    \.expiring.thresholdCount,
                    orNull: .count(1...1_000_000_000),
                    "Alert at this number of users whose token expires within `within`. \(off)"
                ),
                Setting(
                    "end",
                    \.expiring.endCount,
                    .count(0...1_000_000_000),
                    "The alert ends at this number or less. Below `users`."
                ),
                hold(\.expiring),
            ],
            "Tokens expire soon and have not been replaced."
        ),
        Setting(
            "late",
            section: [
                Setting(
                    "lag",
                    \.late.thresholdSpan,
                    orNull: .duration(.minutes(1) ... .days(366)),
                    "Alert if the oldest overdue call is this late. \(off) The daemon does not raise it while an operator "
                        + "pauses all calls, while the breaker is open, or while Tight asks to wait."
                ),
                Setting(
                    "end",
                    \.late.endSpan,
                    .duration(.zero ... .days(366)),
                    "The alert ends if the call is no later than this. Below `lag`."
                ),
                hold(\.late),
            ],
            "The schedule does not keep up."
        ),
    ]

    private static func share(
        _ rule: any WritableKeyPath<AlertPolicy, AlertRule> & Sendable, _ documentation: String
    ) -> [Setting<AlertPolicy>] {
        let table: [Setting<AlertRule>] = [
            Setting("share", \.threshold, orNull: .number(0.001...1), "\(documentation) \(off)"),
            Setting("end", \.end, .number(0...1), "The alert ends at this share or less. Below `share`."),
        ]
        return table.map { $0.lifted(to: rule) } + [hold(rule)]
    }

    private static func hold(
        _ rule: any WritableKeyPath<AlertPolicy, AlertRule> & Sendable
    ) -> Setting<AlertPolicy> {
        let hold = Setting<AlertRule>(
            "for",
            \.hold,
            .duration(.zero ... .days(7)),
            "How long the value must stay at the threshold to start the alert, or at `end` to end it."
        )
        return hold.lifted(to: rule)
    }

    static func contradictions(in policy: AlertPolicy) -> [Contradiction] {
        let shares = AlertKind.allCases.filter { $0 != .expiring && $0 != .late }
        return shares.compactMap { kind in
            unordered(kind, "share", policy[of: kind]) { JSONValue.number($0).compactText }
        }
            + [
                unordered(.expiring, "users", policy.expiring) { "\(Int($0))" },
                unordered(.late, "lag", policy.late) { Duration.seconds($0).text },
            ].compactMap(\.self)
    }

    /// An `end` that is not below its threshold would make the alert flap.
    private static func unordered(
        _ kind: AlertKind, _ threshold: String, _ rule: AlertRule, _ text: (Double) -> String
    ) -> Contradiction? {
        guard let most = rule.threshold, rule.end >= most else { return nil }
        let section = SettingPath(kind.rawValue)
        return Contradiction(
            [section.appending("end"), section.appending(threshold)],
            "end (\(text(rule.end))) is not below \(threshold) (\(text(most)))",
            "lower end, for example to half of \(threshold), so that the alert does not flap"
        )
    }
}

extension AlertPolicy {
    fileprivate subscript(of kind: AlertKind) -> AlertRule {
        var policy = self
        policy.isEnabled = true
        return policy[kind]
    }
}

extension AlertRule {
    fileprivate var thresholdCount: Int? {
        get { threshold.map { Int($0) } }
        set { threshold = newValue.map(Double.init) }
    }

    fileprivate var endCount: Int {
        get { Int(end) }
        set { end = Double(newValue) }
    }

    fileprivate var thresholdSpan: Duration? {
        get { threshold.map { .seconds($0) } }
        set { threshold = newValue?.inSeconds }
    }

    fileprivate var endSpan: Duration {
        get { .seconds(end) }
        set { end = newValue.inSeconds }
    }
}
