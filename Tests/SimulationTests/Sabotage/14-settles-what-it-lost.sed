# Settles what another has taken over.
# file: Sources/UserStores/PostgreSQL/Queue/PostgreSQLUserStore+Settlement.swift
# test: PostgreSQLStoreTests/.*its holder settles nothing any more
s/FROM \\(arrays\.table) JOIN held h ON h\.place = u\.place AND h\.id = u\.batch/FROM \\(arrays.table)/
