# Doubts those alone who are due by the clock of the server that took over.
# file: Sources/UserStores/PostgreSQL/Fleet/Promotion.swift
# test: PostgreSQLPromotionTests/.*whose clock is behind
s/WHERE due <= (SELECT greatest(\\(now), \$2::int8))/WHERE due <= (SELECT least(\\(now), $2::int8))/
