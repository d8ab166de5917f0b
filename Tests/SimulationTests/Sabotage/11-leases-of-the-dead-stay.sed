# Leaves what other daemons held to nobody.
# file: Sources/RefreshDaemon/Fleet/LeaseRecovery.swift
# test: SharedStoreTests/.*users of a daemon that died
s/while mayLease(), /while mayLease(), time.uptime < .zero, /
