# Claims without waiting for its turn.
# file: Sources/UserStores/PostgreSQL/Queue/PostgreSQLUserStore+Queue.swift
# test: PostgreSQLStoreTests/.*daemons that claim at once
s/\[BatchStatements\.lockClaims\] + shortenings/[BatchStatements.deleteEmpty(member: member)] + shortenings/
