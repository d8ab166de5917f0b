# Claims while the breaker of the fleet is open.
# file: Sources/UserStores/PostgreSQL/Queue/ClaimTerms.swift
# test: PostgreSQLFleetClaimTests/.*while the breaker is open
s/\\(isFree) AND f\.breaker_until IS NULL AND \\(isHeard)/\\(isFree) AND \\(isHeard)/
