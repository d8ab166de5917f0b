import RefreshCore

/// The section `alerts`: what the operator is told of besides what happens to each user.
enum AlertSettings {
    private static let off = "`null` switches this alert off."

    static let table: [Setting<AlertPolicy>] = [
        Setting("enabled", \.isEnabled, .flag, "`false` switches every alert off."),
        Setting(
            "window",
            \.window,
            .duration(.minutes(1) ... .days(7)),
            "How far back calls count for a share of failing users, each user by its latest call. Where too few were "
                + "called for `minimumUsers` to be the share, up to \(AlertPolicy.windows) such spans are looked at."
        ),
        Setting(
            "minimumUsers",
            \.minimumUsers,
            .count(1...1_000_000),
            "With fewer failing or stale users than this no share is an alert."
        ),
        Setting(
            "rejected",
            section: share(
                \.rejected, "Share of users whose refresh is answered with FAILURE from which on it is an alert."),
            "Many users are rejected by their banks."
        ),
        Setting(
            "refused",
            section: share(
                \.refused, "Share of users whose token is not accepted (401, 403) from which on it is an alert."),
            "Many tokens are refused."
        ),
        Setting(
            "refusedCalls",
            section: share(
                \.refusedCalls,
                "Share of all users whose call Tight refuses with another 4xx from which on it is an alert; always more than "
                    + "1 %, and at least \(RefusalCount.fewestUsers) users. With so many nobody is parked for it."),
            "Tight refuses the calls of many users."
        ),
        Setting(
            "api",
            section: share(
                \.api,
                "Share of users whose call the API did not answer, not understandably, or with 429, from which on it is an "
                    + "alert. Silent while the breaker is open or Tight asks to wait, which have entries of their own, and "
                    + "one `window` after."),
            "The API is out of order for many, but not enough to stop all calls."
        ),
        Setting(
            "failing",
            section: share(
                \.failing,
                "Share of users that were not refreshed for any reason from which on it is an alert, while none of the "
                    + "reasons is one by itself."),
            "Many users fail, for various reasons."
        ),
        Setting(
            "stale",
            section: [
                Setting(
                    "turns",
                    \.staleTurns,
                    .number(1...1_000),
                    "A user is stale when it had no success for so many times its `schedule.every` and failed when it was "
                        + "called last. Those who are parked or paused are not counted."
                )
            ] + share(\.stale, "Share of stale users from which on it is an alert."),
            "Users are called, but not refreshed, for a long time."
        ),
        Setting(
            "expiring",
            section: [
                Setting(
                    "within",
                    \.expiringWithin,
                    .duration(.minutes(1) ... .days(366)),
                    "A token counts when it expires within this span."
                ),
                Setting(
                    "users",
                    \.expiring.thresholdCount,
                    orNull: .count(1...1_000_000_000),
                    "So many users with such a token are an alert; \(off)"
                ),
                Setting(
                    "end",
                    \.expiring.endCount,
                    .count(0...1_000_000_000),
                    "With so many or fewer it is over. Below `users`."
                ),
                hold(\.expiring),
            ],
            "Tokens expire soon that nobody replaced."
        ),
        Setting(
            "late",
            section: [
                Setting(
                    "lag",
                    \.late.thresholdSpan,
                    orNull: .duration(.minutes(1) ... .days(366)),
                    "The oldest overdue call is so late; \(off) Silent while all calls are paused or stopped by the "
                        + "breaker, or Tight asks to wait."
                ),
                Setting(
                    "end",
                    \.late.endSpan,
                    .duration(.zero ... .days(366)),
                    "When it is no later than this it is over. Below `lag`."
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
            Setting("end", \.end, .number(0...1), "At this share or less it is over. Below `share`."),
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
            "How long that must hold before it is told, and how long its end."
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

    /// An end that is not below its threshold would let the alert come and go.
    private static func unordered(
        _ kind: AlertKind, _ threshold: String, _ rule: AlertRule, _ text: (Double) -> String
    ) -> Contradiction? {
        guard let most = rule.threshold, rule.end >= most else { return nil }
        let section = SettingPath(kind.rawValue)
        return Contradiction(
            [section.appending("end"), section.appending(threshold)],
            "end (\(text(rule.end))) is not below \(threshold) (\(text(most)))",
            "lower end, to half of \(threshold) say, so that the alert does not come and go"
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
        set { threshold = newValue.map(Self.seconds) }
    }

    fileprivate var endSpan: Duration {
        get { .seconds(end) }
        set { end = Self.seconds(newValue) }
    }
}
