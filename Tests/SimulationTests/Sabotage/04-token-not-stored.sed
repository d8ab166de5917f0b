# Answers a put before the new token is stored, and never stores it.
# file: Sources/RefreshDaemon/Operations/StoreContext+Putting.swift
/private func put(_ rows/,/^    }/s/^        let decision = .*$/&; if rows.count == 1, let user = try await store.user(rows[0].id) { return [.replaced(user, previous: user.state.kind)] }/
