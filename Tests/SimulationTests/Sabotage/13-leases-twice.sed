# Claims who is in an open batch.
# file: Sources/UserStores/PostgreSQL/Queue/PostgreSQLUserStore+Queue.swift
# test: PostgreSQLTakeoverTests/.*a batch ends by the server
s/AND s\.due >= \$7::int8 AND s\.place NOT IN \\(held)/AND s.due >= $7::int8/
