# Leases for a minute after its last beat.
# file: Sources/RefreshDaemon/Fleet/FleetKeeper.swift
# test: SharedStoreTests/.*does not reach the store stops within seconds
s/Duration\.seconds(5)/Duration.seconds(60)/
