# Lets calls begin for longer than a lease allows for.
# file: Sources/RefreshCore/Fleet/CallWindow.swift
# test: LateCallTests/.*answered late is handed back
s/Duration\.seconds(20)/Duration.seconds(40)/
