# Publishes over settings that it does not know.
# file: Sources/UserStores/PostgreSQL/Fleet/SettingsStatements.swift
# test: PostgreSQLFleetSettingsTests/.*who publishes over other settings
s/f\.settings_version IS NOT DISTINCT FROM \$3::int8/(f.settings_version IS NOT DISTINCT FROM $3::int8 OR true)/
