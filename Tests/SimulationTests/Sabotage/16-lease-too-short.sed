# Leases for less than a call may take that begins late.
# file: Sources/RefreshConfiguration/Configuration.swift
# test: LeaseDurationTests/.*a lease outlasts
s/max(longestAttempt, CallWindow\.shortestLease)/CallWindow.shortestLease/
