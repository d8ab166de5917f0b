# Takes its share before the others count it.
# file: Sources/RefreshDaemon/Fleet/FleetKeeper.swift
# test: SharedStoreTests/.*takes no share before the others count it
s/found\.living\.count <= 1 ||/found.living.count >= 1 ||/
