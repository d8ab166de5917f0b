# Puts the file of a daemon that starts in force, although others work.
# file: Sources/UserStores/PostgreSQL/Fleet/SettingsStatements.swift
# test: PostgreSQLFleetSettingsTests/.*the first daemon brings the settings
s/ OR \\(isAlone))/ OR true OR \\(isAlone))/
