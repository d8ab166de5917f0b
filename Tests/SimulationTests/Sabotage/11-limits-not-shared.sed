# Takes the whole of the limits, however many daemons there are.
# file: Sources/RefreshDaemon/Fleet/FleetKeeper.swift
# test: SharedStoreTests/.*share its rate
s/members: max(1, found\.living\.count)/members: 1/
