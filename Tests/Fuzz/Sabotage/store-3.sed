# Counts no token that does not open.
# file: Sources/UserStores/SQLite/StoreExamination.swift
# finding: opens in a store that is sound
s/^            count \+= 1/            count += 0/
