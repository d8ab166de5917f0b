# Reads the rows of a claim while it holds the lock.
# file: Sources/UserStores/PostgreSQL/Connection/Transaction.swift
# test: PostgreSQLHearingTests/.*frozen in the midst of a claim
s/\[Self\.commit, Self\.beginReading, limits\.statement\]/[limits.statement, limits.statement, limits.statement]/
