# Keeps who was settled in a batch from doubt.
# file: Sources/UserStores/PostgreSQL/Fleet/Promotion.swift
# test: PostgreSQLPromotionTests/.*who was settled in a batch that stands
s/WHERE s\.last_batch <> b\.id)/)/
