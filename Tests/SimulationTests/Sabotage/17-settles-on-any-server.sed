# Settles on a server that took over, before anybody looked what it lacks.
# file: Sources/UserStores/PostgreSQL/Queue/BatchStatements.swift
# test: PostgreSQLPromotionTests/.*until the end is known nobody settles
s/SELECT bankrefreshd\.expect_server()/SELECT 1/
