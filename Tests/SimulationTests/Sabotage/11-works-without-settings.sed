# Is ready before it knows what the fleet follows.
# file: Sources/RefreshDaemon/Fleet/FleetKeeper.swift
# test: SimulationTests.FleetSettingsTests/.*a daemon that starts while a server takes over for long
s/while !hasSettings, !isStopping()/while !hasSettings, !isStopping(), calendar.uptime < .zero/
