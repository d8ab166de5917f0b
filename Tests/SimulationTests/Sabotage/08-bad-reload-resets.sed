# Falls back to the defaults when a reload is refused.
# file: Sources/RefreshDaemon/Operations/ReloadConfiguration.swift
s/events\.report(\.reloadRefused(problems: problems))/&; _ = work.settings.replace(with: DaemonSettings())/
