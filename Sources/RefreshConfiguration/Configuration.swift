package import RefreshCore

/// What the configuration file means: every value is valid and has its type.
package struct Configuration: Equatable, Sendable {
    package var api = APISettings()
    package var store = StoreSettings()
    /// The rules of users whose group sets none: sections `schedule` and `backoff`.
    package var standard = UserPolicy.standard
    package var groups: [GroupName: GroupSettings] = [:]
    /// Sections `limits` and `breaker`.
    package var admission = Admission.Policy.standard
    /// How long a stop waits for calls in flight.
    package var drain: Duration = .seconds(30)
    package var controlSocket = "/run/bankrefreshd/control.sock"
    package var web = WebSettings()
    package var log = LogSettings()
    package var history = HistoryBounds.standard
    package var alerts = AlertPolicy()

    /// Every default, with the sandbox as the API, which has no default in a file.
    package static let `default` = {
        var configuration = Configuration()
        configuration.api.environment = .sandbox
        return configuration
    }()

    /// The general rules and those of the groups, in the form that the scheduler takes.
    package var policies: Policies {
        Policies(standard: standard, groups: groups.mapValues(\.policy))
    }

    /// An upper bound on an attempt: a call, a renewal by two grants, another call, and time to settle.
    package var longestAttempt: Duration { api.timeout * 4 + .minutes(2) }

    /// How long a lease lasts: longer than any attempt, and long enough that no call under it can come late.
    package var leaseDuration: Duration { max(longestAttempt, CallWindow.shortestLease) }

    /// The policy for admission; a wait that Tight asks of the fleet has the same limit as that of a user.
    package var admissionPolicy: Admission.Policy {
        var policy = admission
        policy.throttling.longestRetryAfter = standard.longestRetryAfter
        policy.breaker.users = policy.throttling.users
        policy.breaker.longestCall = longestAttempt
        return policy
    }

    /// Settings that are allowed but questionable.
    package var warnings: [String] { [web.warning].compactMap(\.self) + notes }

    /// The warnings that go to the journal when the daemon starts; the others have entries of their own.
    package var notes: [String] { [store.postgresql.note, serverErrorsNote].compactMap(\.self) }

    private var serverErrorsNote: String? {
        let soon = groups.filter { $0.value.policy.serverErrors == .soon }.keys.map(\.rawValue).sorted()
        let whose: String
        if standard.serverErrors == .soon {
            whose = "a user"
        } else if let first = soon.first {
            whose =
                soon.count == 1 ? "a user of group \(first)" : "a user of the groups \(soon.joined(separator: ", "))"
        } else {
            return nil
        }
        return
            "backoff.serverErrors is \"soon\": after a 5xx \(whose) may be called again before the minimum interval has "
            + "passed, though the bank may have been reached"
    }

    // Groups come after schedule and backoff: they inherit their values while they are read.
    static let table: [Setting<Configuration>] = [
        Setting(
            "api",
            section: APISettings.table.map { $0.lifted(to: \.api) },
            "How to reach the Tight API."
        ),
        Setting(
            "store",
            section: StoreSettings.table.map { $0.lifted(to: \.store) },
            "The store of users and their encrypted tokens."
        ),
        Setting(
            "schedule",
            section: ScheduleSettings.table.map { $0.lifted(to: \.standard) },
            "How often each user is refreshed."
        ),
        Setting(
            "backoff",
            section: BackoffSettings.table.map { $0.lifted(to: \.standard) },
            "How long a user waits after a failure. Delays are random up to the given length, so that users that "
                + "failed together do not return together. `schedule.minimumInterval` always applies."
        ),
        Setting(
            "groups",
            entries: GroupSettings.entries,
            "Other rules for some users: a name (1 to 64 letters, digits, `.`, `_` and `-`), and the keys of "
                + "`schedule` and a `backoff` that differ. Other keys keep the general values. You set a user's group "
                + "when you add the user. If a user's group is not named here, the general rules apply."
        ),
        Setting("limits", section: LimitsSettings.table, "How many calls the daemon makes."),
        Setting(
            "breaker",
            section: BreakerSettings.table.map { $0.lifted(to: \.admission.breaker) },
            "When all calls stop because the API is down, and how they resume."
        ),
        Setting("control", section: ControlSettings.table, "How commands reach the daemon."),
        Setting(
            "web",
            section: WebSettings.table.map { $0.lifted(to: \.web) },
            "A status page, and metrics for Prometheus; see `docs/monitoring.md`."
        ),
        Setting("log", section: LogSettings.table.map { $0.lifted(to: \.log) }, "What the daemon logs."),
        Setting(
            "history", section: HistorySettings.table.map { $0.lifted(to: \.history) },
            "How many past attempts of each user the store keeps."
        ),
        Setting(
            "alerts",
            section: AlertSettings.table.map { $0.lifted(to: \.alerts) },
            "Each alert is reported once when it starts and once when it ends, in the journal and in `bankrefreshd "
                + "status`. It has a threshold, a lower `end`, and a time for which either must hold, so that it does "
                + "not flap."
        ),
    ]
}

extension Configuration {
    /// A file with the same meaning that contains every key.
    package var text: String {
        JSONValue.object(Self.table.map { ($0.name, $0.json(of: self)) }).indentedText
    }
}

extension Configuration {
    /// The differences from another configuration, in the order of the tables; empty if both mean the same.
    package func changes(from old: Configuration) -> [ConfigurationChange] {
        Self.table.flatMap { setting in
            if case .entries = setting.content {
                return groupChanges(from: old, under: SettingPath(setting.name))
            }
            return setting.leaves().compactMap { path, _, value in
                let (before, after) = (value.write(old), value.write(self))
                guard before != after else { return nil }
                return ConfigurationChange(
                    path: path.description,
                    old: before.plainText,
                    new: after.plainText,
                    needsRestart: value.effect == .restart
                )
            }
        }
    }

    /// This configuration as a reload applies it: settings that need a restart keep their value from `running`.
    package func keepingRestartSettings(of running: Configuration) -> Configuration {
        var result = self
        for leaf in Self.table.flatMap({ $0.leaves() }) where leaf.value.effect == .restart {
            leaf.value.copy(running, &result)
        }
        return result
    }

    private func groupChanges(from old: Configuration, under path: SettingPath) -> [ConfigurationChange] {
        let names = Set(groups.keys).union(old.groups.keys).sorted { $0.rawValue < $1.rawValue }
        return names.flatMap { name -> [ConfigurationChange] in
            let path = path.appending(name.rawValue)
            guard let before = old.groups[name], let after = groups[name] else {
                return [
                    ConfigurationChange(
                        path: path.description,
                        old: old.groups[name]?.json.compactText ?? "none",
                        new: groups[name]?.json.compactText ?? "none",
                        needsRestart: false
                    )
                ]
            }
            return GroupSettings.table.flatMap { $0.leaves() }.compactMap { leaf in
                let (was, now) = (before.text(of: leaf), after.text(of: leaf))
                guard was != now else { return nil }
                return ConfigurationChange(
                    path: path.appending(leaf.path).description,
                    old: was ?? "as everybody",
                    new: now ?? "as everybody",
                    needsRestart: false
                )
            }
        }
    }
}

/// One setting that differs between two configurations.
package struct ConfigurationChange: Equatable, Sendable, CustomStringConvertible {
    package let path: String
    package let old: String
    package let new: String
    /// Whether a running daemon keeps the old value until it is restarted.
    package let needsRestart: Bool

    /// `schedule.every: 24h → 12h`.
    package var description: String { "\(path): \(old) → \(new)" }
}
