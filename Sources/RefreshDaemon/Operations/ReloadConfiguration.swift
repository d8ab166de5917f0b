import RefreshCore

/// Reads the configuration again and applies it.
///
/// If the configuration has problems, the operation fails with `configurationRefused` (422) and changes nothing. If
/// daemons share the store, what changed in the file since the daemon last read it becomes the setting of all.
package struct ReloadConfiguration: Operation {
    package enum CodingKeys: String, CodingKey, CaseIterable { case publish }

    package static let name = "reload"

    /// Whether everything in the file that concerns all daemons of the store becomes the setting of all, changed or
    /// not; no by default.
    package let publish: Bool?

    package init(publish: Bool? = nil) {
        self.publish = publish
    }

    package func run(with daemon: DaemonContext) async throws -> ReloadReport {
        let publish = publish ?? false
        if publish, daemon.work.sharedSettings == nil {
            throw OperationProblem.badRequest(
                "this daemon has its store to itself, so its file is in force: reload without --publish")
        }
        return try await daemon.reloading.run { try await daemon.reload(isAnnounced: false, publishesAll: publish) }
    }
}

extension DaemonContext {
    /// As `ReloadConfiguration`, but for a signal, whose sender learns of begin and end only from the service manager.
    ///
    /// Other callers wait for the answer and must not announce the reload: systemd 257 does not restart a daemon that
    /// dies after the announcement while the command of `ExecReload=` lives, but waits for the watchdog.
    package func reloadBySignal() async throws -> ReloadReport {
        try await reloading.run { try await reload(isAnnounced: true, publishesAll: false) }
    }

    fileprivate func reload(isAnnounced: Bool, publishesAll: Bool) async throws -> ReloadReport {
        if isAnnounced { work.ports.notifier.reloading() }
        defer {
            let status = work.scheduler.watchdog.statusLine(nextDue: nil)
            if isAnnounced { work.ports.notifier.ready(status: status) } else { work.ports.notifier.status(status) }
        }
        do {
            let loaded: LoadedConfiguration
            if let sharedSettings = work.sharedSettings {
                loaded = try await sharedSettings.reload(all: publishesAll)
                work.renewer.gate.endPause()
                work.wakeSignal.send()
            } else {
                loaded = try await source.load()
                // Before the scheduler is woken: the cause that suspended renewals may be fixed.
                work.renewer.gate.endPause()
                work.application.put(loaded.settings, isFromFile: true)
            }
            work.reloads.taken(loaded.report, at: time.now)
            events.report(.reloaded(changes: loaded.report.changes, needRestart: loaded.report.needRestart))
            var report = loaded.report
            // A store that fails must not keep a configuration from being applied.
            let sizes = (try? await stored.store.groupSizes()) ?? []
            let unknown = loaded.settings.policies.unknown(sizes)
            if !unknown.isEmpty { events.report(.groupsUnknown(unknown)) }
            report.unknownGroups = unknown.map { .init(name: $0.group.rawValue, users: $0.users, isConfigured: false) }
            if !report.published.isEmpty, let version = loaded.shared?.version {
                let lacking = await work.fleet?.lacking(version) ?? []
                report.pending = lacking.filter { $0.report.settingsVersion != nil }.map(\.name)
                report.older = lacking.filter { $0.report.settingsVersion == nil }.map(\.name)
            }
            report.differences = loaded.differences
            return report
        } catch {
            let problems: [String]
            switch error {
            case OperationProblem.configurationRefused(let found):
                problems = found
                work.settings.fileRefused(problems: found.count)
            // The file may be good, so nothing is said against it.
            case OperationProblem.failed(let reason), OperationProblem.badRequest(let reason): problems = [reason]
            case OperationProblem.store(let problem): problems = [problem.description]
            default: problems = ["\(error)"]
            }
            work.reloads.refused(problems, at: time.now)
            events.report(.reloadRefused(problems: problems))
            throw error
        }
    }
}
