# Names new settings in claims, and does not put them in force.
# file: Sources/RefreshDaemon/Fleet/FleetSettingsKeeper.swift
# test: SimulationTests.FleetSettingsTests/.*nobody is called by a shorter
s/application\.put(loaded\.settings, isFromFile: isFromFile)/if isFromFile { & }/
