# Doubts nobody, whatever the server that took over lacks.
# file: Sources/UserStores/PostgreSQL/Fleet/Promotion.swift
# test: PostgreSQLPromotionTests/.*those are doubted who are first in turn
s/ORDER BY due, place LIMIT \\(most))/ORDER BY due, place LIMIT 0)/
