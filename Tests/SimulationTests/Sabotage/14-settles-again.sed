# Writes a settlement again of which no answer came.
# file: Sources/UserStores/PostgreSQL/Queue/PostgreSQLUserStore+Settlement.swift
# test: PostgreSQLStoreTests/.*sent again after a lost answer
s/AND s\.revision = u\.revision AND s\.last_batch <> u\.batch/AND s.revision = u.revision/
