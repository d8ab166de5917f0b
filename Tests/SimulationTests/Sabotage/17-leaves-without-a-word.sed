# Leaves a server that took over before it said what it knows.
# file: Sources/UserStores/PostgreSQL/Fleet/FleetStatements.swift
# test: PostgreSQLPromotionTests/.*a member that leaves after a takeover
s/WHERE id = $1 AND \\(isWelcome("$2"))", .int8(member), .text(server))/WHERE id = $1", .int8(member))/
