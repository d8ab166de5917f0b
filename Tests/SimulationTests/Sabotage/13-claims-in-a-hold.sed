# Claims while the fleet holds still.
# file: Sources/UserStores/PostgreSQL/Queue/ClaimTerms.swift
# test: PostgreSQLFleetClaimTests/.*a fleet that holds still
s/"coalesce(f\.hold_until <= \\(clock), true)"/"true"/
