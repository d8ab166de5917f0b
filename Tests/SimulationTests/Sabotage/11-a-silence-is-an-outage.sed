# Stops all where packets between this daemon and Tight vanish.
# file: Sources/RefreshCore/Admission/Breaker+Blame.swift
# test: SharedStoreTests/.*whose packets to Tight vanish
s/why == \.timeout || why == \.connectionLost/why == .gatewayTimeout/
