# Does not take up what a lost process held.
# file: Sources/RefreshDaemon/Work/Daemon.swift
s/if lost\.isEmpty { return }/if lost.count >= 0 { return }/
