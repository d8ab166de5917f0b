# Takes a batch over under the id that its holder knows.
# file: Sources/UserStores/PostgreSQL/Queue/PostgreSQLUserStore+Recovery.swift
# test: PostgreSQLTakeoverTests/.*members that take over at once
s/let id = Int64\.random(in: 1 \.\.\. \.max)/let id = batch.id/
