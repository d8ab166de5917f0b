# Answers a put before the new token is stored, and never stores it.
# file: Sources/RefreshDaemon/Operations/UserOperations.swift
/func put(/,/^    }/s/^        let policies = policies()$/&; if entries.count == 1, let user = try await store.user(entries[0].id) { return [.replaced(user, previous: user.state.kind)] }/
