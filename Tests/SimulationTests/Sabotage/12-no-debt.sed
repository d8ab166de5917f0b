# Tells nobody that time was skipped.
# file: Sources/RefreshDaemon/Fleet/FleetKeeper.swift
# test: SharedStoreTests/.*when the store's calendar is set
s/try await fleet\.announce(debt, isAnother: isAnother)/_ = isAnother/
s/settings\.owe(found\.debts\.filter .* + \[debt\])/settings.owe(found.debts)/
