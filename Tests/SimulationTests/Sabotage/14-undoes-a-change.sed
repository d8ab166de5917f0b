# Writes over what an operator changed meanwhile.
# file: Sources/UserStores/PostgreSQL/Queue/PostgreSQLUserStore+Settlement.swift
# test: SettlingContractTests/.*changed meanwhile is handed back
s/AND s\.revision = u\.revision AND s\.last_batch <> u\.batch/AND s.last_batch <> u.batch/
