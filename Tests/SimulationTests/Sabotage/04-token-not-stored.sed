# Answers a put before the new token is stored, and never stores it.
# file: Sources/RefreshDaemon/Operations/UserOperations+Putting.swift
s/^        let done = try await put(entries)$/        if entries.count == 1, try await store.user(entries[0].id) != nil { return [.replaced] }\n&/
