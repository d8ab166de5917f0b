# Does not look again where a lease was handed back.
# file: Sources/UserStores/SQLite/OpenLeases.swift
# test: LeasingContractTests/.*whoever is handed back or falls due again
s/if let next = changes\.next .*$/_ = changes.next/
