# Gives everybody the duty that one has.
# file: Sources/UserStores/PostgreSQL/Fleet/FleetStatements.swift
# test: PostgreSQLFleetTests/.*a duty is one member
s/WHERE d\.member = excluded\.member OR d\.until_at < \\(Self\.now)/WHERE true/
