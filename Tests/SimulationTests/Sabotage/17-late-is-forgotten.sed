# Lets a member that a server did not know go on without comparing.
# file: Sources/UserStores/PostgreSQL/Fleet/PostgreSQLFleet.swift
# test: PostgreSQLPromotionTests/.*compares too, however late
s/ || known\.map { \$0 != state\.server } ?? false//
