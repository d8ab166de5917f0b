# Claims under the isolation that is the role's default.
# file: Sources/UserStores/PostgreSQL/Connection/Transaction.swift
# test: PostgreSQLStoreTests/.*daemons that claim at once
s/"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"/"BEGIN READ WRITE"/
