# Does not take up what a lost process held.
# file: Sources/RefreshDaemon/Fleet/LeaseRecovery.swift
s/if lost\.isEmpty { return false }/if lost.count >= 0 { return false }/
