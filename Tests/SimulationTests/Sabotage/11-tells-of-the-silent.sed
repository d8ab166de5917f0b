# Tells that all have vanished when the store was silent.
# file: Sources/RefreshDaemon/Fleet/FleetKeeper.swift
# test: SharedStoreTests/.*nobody is told to have vanished
s/let isTooSoon = asked - state\.joinedAt < Self\.patience/let isTooSoon = asked - state.joinedAt < .zero/
