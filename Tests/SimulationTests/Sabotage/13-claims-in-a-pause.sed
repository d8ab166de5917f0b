# Claims while all calls are paused.
# file: Sources/UserStores/PostgreSQL/Queue/ClaimTerms.swift
# test: PostgreSQLFleetClaimTests/.*a pause of the fleet is in force
s/coalesce(f\.paused_until <= \\(clock), true)/true/
