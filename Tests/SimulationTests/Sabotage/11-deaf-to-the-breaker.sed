# Does not obey the fleet's breaker.
# file: Sources/RefreshDaemon/Fleet/FleetLimits.swift
# test: SharedStoreTests/.*what one daemon finds out of Tight
s/if !wasProber { gate\.openByFleet(theirs) }/_ = theirs/
