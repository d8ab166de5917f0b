# Claims while Tight wants all calls to wait.
# file: Sources/UserStores/PostgreSQL/Queue/ClaimTerms.swift
# test: PostgreSQLFleetClaimTests/.*a wait that Tight asked one member for
s/ AND coalesce(f\.throttled_until <= \\(clock), true)//
