# Gives a member's share away since the server that took over knows old beats alone.
# file: Sources/UserStores/PostgreSQL/Fleet/Promotion.swift
# test: PostgreSQLPromotionTests/.*members keep their shares
s/CASE WHEN m\.id = ANY (f\.awaited) THEN/CASE WHEN false THEN/
