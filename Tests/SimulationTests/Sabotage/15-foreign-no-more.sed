# Forgets at the second takeover who held it first.
# file: Sources/UserStores/PostgreSQL/Queue/PostgreSQLUserStore+Recovery.swift
# test: PostgreSQLTakeoverTests/.*what another member may still call
s/is_foreign OR member <> \$1/member <> $1/
