# Takes leases for changed before that is on the disk.
# file: Sources/UserStores/SQLite/SQLiteUserStore.swift
# test: SQLiteLeaseTests/.*a commit that fails changes nobody
s/try changes\.finish(in: db)/&; leases.apply(changes)/
