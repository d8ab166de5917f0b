# Settles every lease twice.
# file: Sources/RefreshDaemon/Work/Refresher.swift
s/case \.settled, \.refused: return (basis, next, true)/case .settled, .refused: _ = try? await settlements.settle(Settlement(lease: leased.lease, revision: revision, user: next)); return (basis, next, true)/
