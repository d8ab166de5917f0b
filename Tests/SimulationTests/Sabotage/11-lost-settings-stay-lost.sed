# Leaves what a server lacks that took another's place.
# file: Sources/RefreshDaemon/Fleet/FleetSettingsKeeper.swift
# test: SimulationTests.FleetSettingsTests/.*what a server lacks
s/_ = try await fleet\.publish(own\.text, as: own\.version, over: current?\.version)/_ = own/
