# Lets every member probe.
# file: Sources/UserStores/PostgreSQL/Queue/ClaimTerms.swift
# test: PostgreSQLFleetClaimTests/.*while the breaker is open
s/AND f\.prober = \$2::int8 AND/AND/
