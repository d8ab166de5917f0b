# Ends its start where the store does not answer for a moment.
# file: Sources/RefreshDaemon/Work/Daemon.swift
# test: FleetStartTests/.*a start waits for a store
s/startPatience = Duration.minutes(1)/startPatience = Duration.zero/
