# Claims for a member that nobody heard of for long.
# file: Sources/UserStores/PostgreSQL/Queue/ClaimTerms.swift
# test: PostgreSQLFleetClaimTests/.*nobody heard of for 5 s
s/Duration\.seconds(5)/Duration.seconds(500)/
