# Goes on with a server that took over though a member did not say what it knows.
# file: Sources/UserStores/PostgreSQL/Fleet/Promotion.swift
# test: PostgreSQLPromotionTests/.*a member that stays silent
s/SELECT is_lossy, awaited <@ confirmed,/SELECT is_lossy, true,/
