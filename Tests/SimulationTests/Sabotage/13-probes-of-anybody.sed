# Lets every member probe.
# file: Sources/UserStores/PostgreSQL/Queue/ClaimTerms.swift
# test: PostgreSQLFleetTests/.*while the breaker is open
s/AND f\.prober = \$2::int8 AND/AND/
