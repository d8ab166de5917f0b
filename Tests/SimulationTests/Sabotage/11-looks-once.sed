# Takes the whole of the limits where another begins at the same moment.
# file: Sources/RefreshDaemon/Fleet/FleetKeeper.swift
# test: SharedStoreTests/.*begin at the same moment
s/if found\.living\.count <= 1, isNew(at: asked)/if found.living.count < 1, isNew(at: asked)/
