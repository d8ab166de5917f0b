# Judges leases by the daemon's own clock.
# file: Sources/UserStores/PostgreSQL/Queue/ClaimTerms.swift
# test: PostgreSQLTakeoverTests/.*a batch ends by the server
s/case \.server: Self\.serverNow/case .server: "(\\(now.microsecondsSinceEpoch))::int8"/
