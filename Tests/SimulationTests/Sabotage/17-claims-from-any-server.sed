# Claims from a server that took over, before anybody looked what it lacks.
# file: Sources/UserStores/PostgreSQL/Queue/ClaimTerms.swift
# test: PostgreSQLPromotionTests/.*a server that has all is worked with
s/ AND \\(Promotion\.isOver) AND / AND /
