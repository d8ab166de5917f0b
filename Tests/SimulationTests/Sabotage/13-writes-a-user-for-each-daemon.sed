# Holds whoever another daemon is about to write.
# file: Sources/UserStores/PostgreSQL/Users/PostgreSQLUserStore+Rewriting.swift
# test: PostgreSQLRewritingTests/.*each user is written once
s/pg_advisory_xact_lock(7310021984)/1/
