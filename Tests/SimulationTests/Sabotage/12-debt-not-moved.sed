# Leaves a debt at the moment of who saw the step first.
# file: Sources/UserStores/PostgreSQL/Fleet/FleetStatements.swift
# test: PostgreSQLFleetTests/.*a debt of the calendar
s/WHERE NOT \\(isAnother) AND moment < /WHERE false AND moment < /
