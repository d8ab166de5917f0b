# Leaves users leased by a claim of which no answer came.
# file: Sources/UserStores/PostgreSQL/Queue/PostgreSQLUserStore+Queue.swift
# test: PostgreSQLStoreTests/.*a claim of which no answer came
s/doubtful\.isEmpty ? \[\]/doubtful.count >= 0 ? []/
