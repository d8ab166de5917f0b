# Ends where a stored group is damaged.
# file: Sources/RefreshCore/Ports/StoredColumns.swift
# finding: Fatal error
s/try text\(column\)\.map \{ try DamagedStore\.required\(GroupName\(\$0\), "proper group name"\) \}/text(column).map { GroupName($0)! }/
