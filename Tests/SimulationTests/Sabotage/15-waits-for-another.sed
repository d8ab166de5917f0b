# Waits for who takes a batch over at this moment.
# file: Sources/UserStores/PostgreSQL/Queue/PostgreSQLUserStore+Recovery.swift
# test: PostgreSQLTakeoverTests/.*somebody takes over at this moment
s/FOR UPDATE SKIP LOCKED/FOR UPDATE/
