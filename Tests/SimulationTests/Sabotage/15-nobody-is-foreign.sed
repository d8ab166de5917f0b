# Takes another member for one that has ended.
# file: Sources/UserStores/PostgreSQL/Queue/PostgreSQLUserStore+Recovery.swift
# test: PostgreSQLTakeoverTests/.*what another member may still call
s/is_foreign OR member <> \$1 AND (lock = \$3::text) IS NOT TRUE/is_foreign OR false/
