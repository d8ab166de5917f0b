# Lets a holder end a batch by settlements that may be lost.
# file: Sources/UserStores/PostgreSQL/Queue/BatchStatements.swift
# test: PostgreSQLPromotionTests/.*a batch stands to its end
s/ AND NOT is_kept//
