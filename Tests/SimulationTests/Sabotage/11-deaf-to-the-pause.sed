# Does not obey a pause that another daemon was told.
# file: Sources/RefreshDaemon/Fleet/FleetKeeper.swift
# test: SharedStoreTests/.*a pause holds for all daemons
s/gate\.follow(pause, knownAt: asked)/gate.follow(pause.flatMap { _ in nil }, knownAt: asked)/
