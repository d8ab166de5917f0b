# Counts time that was skipped as time that passed.
# file: Sources/RefreshCore/Fleet/FleetState.swift
# test: SharedStoreTests/.*when the store's calendar is set
s/\$1\.moment > moment ? \$0 + \$1\.amount : \$0/$1.moment > moment ? $0 : $0/
