# Ends where a stored group is damaged.
# file: Sources/UserStores/SQLite/UserRow.swift
# finding: Fatal error
s/try row\.text\(19\)\.map \{ try DamagedStore\.required\(GroupName\(\$0\), "proper group name"\) \}/row.text(19).map { GroupName($0)! }/
