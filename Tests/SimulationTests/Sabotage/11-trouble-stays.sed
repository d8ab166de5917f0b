# Says that settings cannot be taken which nobody follows any more.
# file: Sources/RefreshDaemon/Fleet/FleetSettingsKeeper.swift
# test: SimulationTests.FleetSettingsTests/.*what could not be taken is no trouble
s/if found\.settingsVersion == state\.inForce?\.version {/if found.settingsVersion == -1 {/
