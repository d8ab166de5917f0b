# Takes for stored what the server said is stored, whatever another one has.
# file: Sources/UserStores/PostgreSQL/Fleet/Promotion.swift
# test: PostgreSQLPromotionTests/.*a member that misses
s/is_lossy = is_lossy OR NOT \\(isStored)/is_lossy = is_lossy OR \\(isStored \&\& false)/
