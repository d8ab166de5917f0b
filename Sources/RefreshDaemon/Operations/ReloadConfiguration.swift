import RefreshCore

/// Reads the configuration again and applies it.
///
/// If the configuration has problems, the operation fails with `configurationRefused` (422) and changes nothing.
package struct ReloadConfiguration: Operation {
    package typealias CodingKeys = NoParameters

    package static let name = "reload"

    package init() {}

    package func run(with daemon: DaemonContext) async throws -> ReloadReport {
        try await daemon.reloading.run { try await daemon.reload(isAnnounced: false) }
    }
}

extension DaemonContext {
    /// As `ReloadConfiguration`, for a signal: whoever sent it hears of begin and end from the service manager alone.
    ///
    /// Not for others, who wait for the answer: systemd 257 does not restart a daemon that dies after the announcement
    /// while the command of `ExecReload=` lives, but waits for the watchdog.
    package func reloadBySignal() async throws -> ReloadReport {
        try await reloading.run { try await reload(isAnnounced: true) }
    }

    fileprivate func reload(isAnnounced: Bool) async throws -> ReloadReport {
        if isAnnounced { notifier.reloading() }
        defer {
            let status = scheduler.statusLine(nextDue: nil)
            if isAnnounced { notifier.ready(status: status) } else { notifier.status(status) }
        }
        do {
            let loaded = try await source.load()
            let old = settings.replace(with: loaded.settings)
            // Before the scheduler is woken: what suspended renewals may be mended.
            renewer.endPause()
            gate.configure(loaded.settings.admission)
            if old.policies != loaded.settings.policies { scheduler.reschedule() }
            reloads.taken(loaded.report, at: time.now)
            events.report(.reloaded(changes: loaded.report.changes, needRestart: loaded.report.needRestart))
            var report = loaded.report
            // A store that fails keeps no configuration from being taken.
            let sizes = (try? await stored.store.groupSizes()) ?? []
            let unknown = loaded.settings.policies.unknown(sizes)
            if !unknown.isEmpty { events.report(.groupsUnknown(unknown)) }
            report.unknownGroups = unknown.map { .init(name: $0.group.rawValue, users: $0.users, isConfigured: false) }
            return report
        } catch {
            let problems =
                if case OperationProblem.configurationRefused(let problems) = error { problems } else { ["\(error)"] }
            settings.fileRefused(problems: problems.count)
            reloads.refused(problems, at: time.now)
            events.report(.reloadRefused(problems: problems))
            throw error
        }
    }
}
