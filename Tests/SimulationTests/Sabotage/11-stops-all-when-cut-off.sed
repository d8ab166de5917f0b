# Opens the fleet's breaker where this daemon alone reaches no server.
# file: Sources/RefreshDaemon/Fleet/FleetLimits.swift
# test: SharedStoreTests/.*cannot reach Tight by itself
s/found\.living\.count > 1, cutOff == 0/found.living.count < 1, cutOff == 0/
