# Claims while the fleet holds still.
# file: Sources/UserStores/PostgreSQL/Queue/ClaimTerms.swift
# test: PostgreSQLFleetTests/.*a fleet that holds still
s/"coalesce(f\.hold_until <= \\(clock), true)"/"true"/
